"""A QR code on the OLED: a camera reads it from the glass, a person the lines beside it."""

import pytest
from drivers.lcd import CharacterDisplay

from tests.firmware.squares import PICTURE_SIDE, read_from, rows_of
from tests.firmware.test_oled import Glass

# By how many squares a side their codes have.
TEXTS = {
    21: "HTTP://10.0.0.2/PAIR/ABCD",
    25: "HTTPS://LEDGER.EXAMPLE/PAIR/ABCD2345",
    29: "HTTPS://CANTEEN.SOMEWHERE.EXAMPLE:8443/PAIR/ABCD2345",
    33: "https://example.org/a/path/of/a/proxy/before/the/ledger/pair/ABCD2345",
}
LINES = ["New", "device.", "Code", "ABCD-", "2345", "Please", "ask the", "staff."]


@pytest.fixture
def glass(world):
    return Glass(world)


def show(glass, rows, lines=LINES):
    """Show a picture with lines; tells whether the display took them."""
    return glass.world.run(glass.display.show_picture(rows, lines))


@pytest.mark.parametrize("squares", TEXTS)
def test_a_camera_reads_the_code_and_a_person_the_lines_beside_it(glass, squares):
    rows = rows_of(TEXTS[squares])
    assert len(rows) == squares
    assert show(glass, rows)
    assert read_from(glass.chip) == TEXTS[squares]
    assert [line[8:].rstrip() for line in glass.chip.lines()] == LINES


@pytest.mark.parametrize(("squares", "pixels_each"), [(21, 2), (25, 2), (29, 2), (33, 1)])
def test_its_squares_are_as_large_as_fits_and_lit_all_around(glass, squares, pixels_each):
    rows = rows_of(TEXTS[squares])
    show(glass, rows)
    margin = (PICTURE_SIDE - pixels_each * squares) // 2
    assert margin >= 3
    for y in range(PICTURE_SIDE):
        for x in range(PICTURE_SIDE):
            column, row = (x - margin) // pixels_each, (y - margin) // pixels_each
            is_within = 0 <= column < squares and 0 <= row < squares
            is_dark = is_within and rows[row][column // 8] >> (7 - column % 8) & 1
            assert glass.chip.pixel(x, y) == (not is_dark), (x, y)


def test_the_text_after_a_picture_leaves_nothing_of_it(glass):
    glass.show("before", "same")
    show(glass, rows_of(TEXTS[25]))
    glass.show("Paired.", "same")
    assert glass.lines == ["Paired.", "same", "", "", "", "", "", ""]
    assert not any(glass.chip.pixel(x, y) for x in range(128) for y in range(16, 64))


def test_a_picture_is_the_first_thing_that_a_display_may_show(glass):
    assert show(glass, rows_of(TEXTS[25]))
    assert glass.chip.is_lit
    assert read_from(glass.chip) == TEXTS[25]


def test_a_display_that_is_gone_stops_nobody_and_shows_the_picture_when_it_is_back(glass, capsys):
    glass.chip.connected = False
    assert show(glass, rows_of(TEXTS[25])) is False
    glass.chip.connected = True
    assert show(glass, rows_of(TEXTS[25]))
    assert read_from(glass.chip) == TEXTS[25]
    assert capsys.readouterr().out.count("no answer") == 1


def test_the_character_display_has_no_pictures():
    assert not hasattr(CharacterDisplay, "show_picture")
