"""The gallery of scenarios, each against a real ledger: the books must be whole after every story."""

from __future__ import annotations

from pathlib import Path

import pytest

from terminal_sim.scenarios import story
from terminal_sim.scenarios.runner import play
from tests.factories import ledgers
from tests.journeys.desk import Desk
from tests.journeys.world import Premises

GALLERY = sorted(Path(story.__file__).parent.glob("*.toml"))
TOLD_ABOUT = {
    *("first_coffee", "lunch_rush", "offline_noon", "power_cut_mid_brew", "lost_token", "cloned_card"),
    *("coin_jam", "failed_update"),
}


@pytest.mark.parametrize("turn", range((len(GALLERY) + 1) // 2))
def test_a_story_of_the_gallery_goes_as_it_is_told(premises: Premises, turn: int):
    # Half of them on each database: what these do otherwise is the matter of the other journeys.
    half = GALLERY[premises.ledger.settings.database_url.get_backend_name() == "sqlite" :: 2]
    path, desk = half[turn % len(half)], Desk(premises.ledger)
    heard: list[str] = []
    outcome = play(path, premises.url, {}, say=heard.append, operator=desk)
    assert outcome.failure is None, "\n".join([*heard, outcome.failure])
    assert outcome.steps_done == len(story.read_story(path).steps)
    assert not ledgers.broken_proofs(premises.ledger)


def test_the_gallery_has_the_stories_of_the_product():
    assert {path.stem for path in GALLERY} >= TOLD_ABOUT
