"""The OLED display as its data sheet has it: control bytes, memory, addressing modes, and what is seen."""

import pytest

from terminal_sim.chips.bus import Nack
from terminal_sim.chips.petme_font import GLYPHS, UNREADABLE
from terminal_sim.chips.ssd1306 import Ssd1306

SET_UP = "00 A1 C8 DA12 8D14 20 00"
ON = "00 AF"


@pytest.fixture
def oled():
    """A display that is set up, blank and on."""
    made = Ssd1306()
    send(made, SET_UP, "00 21 00 7F 22 00 07")
    made.write(b"\x40" + bytes(1024))
    send(made, ON)
    return made


def send(oled, *transfers):
    for transfer in transfers:
        oled.write(bytes.fromhex(transfer))


def shining(oled):
    return {(x, y) for y, line in enumerate(oled.picture()) for x, pixel in enumerate(line) if pixel == "#"}


def test_after_power_up_it_is_dark_and_its_memory_holds_noise():
    oled = Ssd1306()
    assert shining(oled) == set()
    assert oled.read(1) == b"\x40"
    send(oled, SET_UP, ON)
    assert len(shining(oled)) > 1000
    assert oled.read(1) == b"\x00"


def test_without_its_charge_pump_nothing_lights_up(oled):
    send(oled, "00 A5", "00 8D 10")
    assert shining(oled) == set()
    send(oled, "00 8D 14")
    assert len(shining(oled)) == 128 * 64


def test_a_byte_is_eight_pixels_below_each_other_with_the_upper_one_in_bit_0(oled):
    send(oled, "00 21 05 05 22 02 02", "40 81")
    assert shining(oled) == {(5, 16), (5, 23)}


def test_horizontal_addressing_fills_a_window_row_by_row(oled):
    send(oled, "00 21 02 03 22 01 02", "40 01 01 01 01")
    assert shining(oled) == {(2, 8), (3, 8), (2, 16), (3, 16)}
    send(oled, "40 03")
    assert (2, 9) in shining(oled)


def test_vertical_addressing_fills_it_column_by_column(oled):
    send(oled, "00 20 01 21 02 03 22 01 02", "40 01 01")
    assert shining(oled) == {(2, 8), (2, 16)}


def test_page_addressing_stays_in_its_page(oled):
    send(oled, "00 20 02 B3 0F 17", "40 01 01")
    assert shining(oled) == {(127, 24), (0, 24)}


def test_outside_page_addressing_the_page_command_moves_nothing(oled):
    send(oled, "00 21 00 7F 22 00 07", "00 B3 05 11", "40 01")
    assert shining(oled) == {(0, 0)}


def test_commands_and_data_can_share_a_transfer(oled):
    send(oled, "80 21 80 04 80 05 C0 01 40 02 00")
    assert shining(oled) == {(4, 0), (5, 1)}


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("A0", {(117, 0)}),
        ("C0", {(10, 63)}),
        ("43", {(10, 61)}),
        ("D3 01", {(10, 63)}),
        ("DA 02", {(10, 0)}),
    ],
)
def test_a_module_that_is_set_up_otherwise_shows_the_pixel_elsewhere(oled, command, expected):
    send(oled, "00 21 0A 0A 22 00 00", "40 01", "00" + command)
    assert shining(oled) == expected


def test_com_pins_for_another_glass_tear_the_lines_apart(oled):
    send(oled, "00 21 0A 0A 22 00 00", "40 03", "00 DA 02")
    assert shining(oled) == {(10, 0), (10, 2)}


def test_inverse_turns_every_pixel_over(oled):
    send(oled, "00 21 00 00 22 00 00", "40 01", "00 A7")
    assert len(shining(oled)) == 128 * 64 - 1


def test_letters_are_read_where_they_stand(oled):
    send(oled, "00 21 08 7F 22 01 01")
    oled.write(b"\x40" + GLYPHS["H"] + GLYPHS["i"] + b"\x01" * 8)
    assert oled.lines() == [" " * 16, " Hi" + UNREADABLE + " " * 12] + [" " * 16] * 6


def test_a_display_that_is_gone_acknowledges_nothing(oled):
    oled.connected = False
    with pytest.raises(Nack):
        oled.write(b"\x00")
    with pytest.raises(Nack):
        oled.read(1)


def test_what_no_data_sheet_knows_is_counted(oled):
    send(oled, "00 8E")
    assert oled.unknown_commands == 1
