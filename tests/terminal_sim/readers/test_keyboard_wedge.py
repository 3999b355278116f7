"""Readers that type: what the many kinds of them write is one UID, and a card leaves after its time."""

from __future__ import annotations

import io
import os

import pytest

from terminal_sim.readers.keyboard_wedge import NAME, READY, KeyboardWedgeSource, typed_uid
from terminal_sim.readers.source import CardCame, CardLeft, Notice, SourceEnded

ANNA, BEN = "04A1B2C3D4E5F6", "DEADBEEF"


@pytest.mark.parametrize(
    ("line", "is_reversed", "uid"),
    [
        ("04a1b2c3d4e5f6\r\n", False, ANNA),
        ("04:A1:B2:C3:D4:E5:F6", False, ANNA),
        (" 04 A1 B2 C3 D4 E5 F6 ", False, ANNA),
        ("F6E5D4C3B2A104", True, ANNA),
        ("3735928559", False, BEN),
        ("0000000042", False, "0000002A"),
        ("4022250974", True, BEN),
        ("DEADBEEF", False, BEN),
        ("04112233445566778899", False, "04112233445566778899"),
    ],
)
def test_what_readers_type_is_one_uid(line, is_reversed, uid):
    assert typed_uid(line, is_reversed) == uid


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("hello", "'hello' is no UID in hexadecimal or in ten decimal digits"),
        ("DEADBEE", "is no UID"),
        ("DEADBEEF00", "4, 7 or 10 bytes, not 5"),
        ("9999999999", "more than 4 bytes hold"),
        ("88112233", "cannot begin with the cascade tag 88"),
        ("çà&éàéàé", "is the keyboard layout another one than the reader's?"),
    ],
)
def test_what_is_no_uid_says_why(line, why):
    with pytest.raises(ValueError, match=why):
        typed_uid(line)


@pytest.fixture
def keyboard():
    """Return the end of a pipe to type into, and the end that a source reads."""
    reading, writing = os.pipe()
    with open(reading) as lines, open(writing, "w", buffering=1) as typing:
        yield typing, lines
        typing.close()


def test_a_typed_card_lies_there_for_its_time_and_longer_when_it_is_typed_again(keyboard, watch):
    typing, lines = keyboard
    seen = watch(KeyboardWedgeSource(lines, hold_s=0.5))
    typing.write(f"{ANNA}\n")
    seen.until(CardCame(ANNA, NAME))
    seen.still(0.3)
    typing.write(f"{ANNA}\n")
    seen.still(0.3)
    assert seen.until(CardLeft(ANNA, NAME)) == [CardLeft(ANNA, NAME)]


def test_another_card_takes_the_place_of_the_one_before_and_a_wrong_line_is_told(keyboard, watch):
    typing, lines = keyboard
    seen = watch(KeyboardWedgeSource(lines, hold_s=60))
    typing.write(f"{ANNA}\nwhat?\n\n{BEN}\n")
    assert seen.until(CardCame(BEN, NAME)) == [
        Notice(READY),
        CardCame(ANNA, NAME),
        Notice("'what?' is no UID in hexadecimal or in ten decimal digits"),
        CardLeft(ANNA, NAME),
        CardCame(BEN, NAME),
    ]


def test_a_closed_window_ends_it_after_the_last_card_has_left(watch):
    seen = watch(KeyboardWedgeSource(io.StringIO(f"{ANNA}\n"), hold_s=0.2))
    told = [Notice(READY), CardCame(ANNA, NAME), CardLeft(ANNA, NAME)]
    assert seen.until(CardLeft(ANNA, NAME)) == told
    with pytest.raises(SourceEnded):
        seen.until(lambda event: False)
