"""The vending bus word by word, as the specification has it; the same transcripts as on the real VM."""

import re
from pathlib import Path

import pytest

from tests.firmware.mdb_player import Player, transcripts
from tests.terminal_sim.chips.microcontroller import FIRMWARE

TEXT = (Path(__file__).parent / "transcripts" / "mdb_cashless.txt").read_text()
ALL = transcripts(TEXT)


@pytest.mark.parametrize("lines", [lines for _, lines in ALL], ids=[title for title, _ in ALL])
def test_what_is_said_is_what_the_transcript_says(world, lines):
    player = world.call(Player)
    assert world.call(player.play, lines) == []


def test_the_answers_have_the_same_numbers_where_they_are_made_and_where_they_are_chosen():
    drivers = FIRMWARE / "drivers"
    made, chosen = (
        dict(re.findall(r"^_?([A-Z_]+) = const\((-?\d+)\)", (drivers / name).read_text(), re.MULTILINE))
        for name in ("mdb_messages.py", "mdb_session.py")
    )
    common = set(made) & set(chosen)
    assert len(common) == 14
    assert {name: made[name] for name in common} == {name: chosen[name] for name in common}
