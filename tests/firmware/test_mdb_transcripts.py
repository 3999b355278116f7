"""The vending bus word by word, as the specification has it; the same transcripts as on the real VM."""

from pathlib import Path

import pytest

from tests.firmware.mdb_player import Player, transcripts

TEXT = (Path(__file__).parent / "transcripts" / "mdb_cashless.txt").read_text()
ALL = transcripts(TEXT)


@pytest.mark.parametrize("lines", [lines for _, lines in ALL], ids=[title for title, _ in ALL])
def test_what_is_said_is_what_the_transcript_says(world, lines):
    player = world.call(Player)
    assert world.call(player.play, lines) == []
