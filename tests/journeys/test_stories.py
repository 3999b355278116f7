"""The gallery of scenarios, each against a real ledger: the books must be whole after every story."""

from __future__ import annotations

from pathlib import Path

import pytest

from terminal_sim.scenarios import story
from terminal_sim.scenarios.runner import play
from tests.conftest import BOTH_DATABASES
from tests.factories import ledgers
from tests.journeys.desk import Desk
from tests.journeys.world import Premises

GALLERY = sorted(Path(story.__file__).parent.glob("*.toml"))
TOLD_ABOUT = {
    *("first_coffee", "lunch_rush", "offline_noon", "power_cut_mid_brew", "lost_token", "cloned_card"),
    *("coin_jam", "failed_update"),
}


# Half of them on each database.
STAGES = [pytest.param(BOTH_DATABASES[number % 2], path, id=path.stem) for number, path in enumerate(GALLERY)]


@pytest.mark.parametrize(("premises", "path"), STAGES, indirect=["premises"])
def test_a_story_of_the_gallery_goes_as_it_is_told(premises: Premises, path: Path):
    desk = Desk(premises.ledger)
    heard: list[str] = []
    outcome = play(path, premises.url, {}, say=heard.append, operator=desk)
    assert outcome.failure is None, "\n".join([*heard, outcome.failure])
    assert outcome.steps_done == len(story.read_story(path).steps)
    assert not ledgers.broken_proofs(premises.ledger)


def test_the_gallery_has_the_stories_of_the_product():
    assert {path.stem for path in GALLERY} >= TOLD_ABOUT
