"""The 20x4 display as its data sheet has it: nibbles on E, initialisation, memories, busy time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal_sim.chips.bus import Nack
from terminal_sim.chips.character_lcd import CharacterLcd
from terminal_sim.chips.lcd_rom import character
from tests.terminal_sim.chips.lcd_host import CLEAR, LIGHT, RS, E, LcdHost

BLANK = " " * 20
HOME = 0x02


def test_a_fresh_display_shows_nothing_and_is_lit(lcd_host):
    assert lcd_host.lcd.lines() == [BLANK] * 4
    assert lcd_host.lcd.backlight


def test_initialised_by_instruction_it_shows_text_from_the_upper_left(display):
    display.text("Espresso")
    assert display.lcd.lines() == ["Espresso".ljust(20), BLANK, BLANK, BLANK]
    assert display.lcd.lost_while_busy == 0


@pytest.mark.parametrize(("row", "address"), [(0, 0x00), (1, 0x40), (2, 0x14), (3, 0x54)])
def test_the_four_rows_begin_at_their_addresses(display, row, address):
    display.text("hold your token here", at=address)
    expected = [BLANK] * 4
    expected[row] = "hold your token here"
    assert display.lcd.lines() == expected


def test_a_text_too_long_for_its_row_runs_on_in_the_row_after_next(display):
    display.text("a" * 20 + "b" * 20 + "c" * 20 + "d" * 20 + "again")
    assert display.lcd.lines() == ["again" + "a" * 15, "c" * 20, "b" * 20, "d" * 20]


def test_nothing_shows_while_the_display_is_off_and_everything_when_it_is_on_again(display):
    display.text("still here")
    display.byte(0x08)
    assert display.lcd.lines() == [BLANK] * 4
    display.byte(0x0C)
    assert display.lcd.lines()[0] == "still here".ljust(20)


def test_without_initialisation_text_is_no_text(lcd_host):
    lcd_host.text("garbage?")
    assert lcd_host.lcd.lines() == [BLANK] * 4
    lcd_host.initialise()
    lcd_host.byte(HOME)
    assert lcd_host.lcd.lines() == [BLANK] * 4


def test_a_display_switched_on_without_function_set_shows_garbage(lcd_host):
    # Still at 8 bits, each nibble is an instruction or a character of its own, its lower half all ones.
    for nibble in (0x3, 0x0, 0xC):
        lcd_host.nibble(nibble)
        lcd_host.wait(5_000)
    lcd_host.text("Hi")
    assert "".join(lcd_host.lcd.lines()).split() == ["O", "o"]


@pytest.mark.parametrize("stray_nibbles", [1, 2, 3])
def test_initialisation_finds_the_right_nibble_again_from_any_state(display, stray_nibbles):
    display.text("before")
    for _ in range(stray_nibbles):
        display.nibble(0x4, RS)
        display.wait(100)
    display.initialise()
    display.text("after")
    assert display.lcd.lines()[0] == "after".ljust(20)


def test_clear_empties_all_rows_and_returns_to_the_upper_left(display):
    for address in (0x00, 0x40, 0x14, 0x54):
        display.text("full", at=address)
    display.byte(0x04)
    display.byte(CLEAR)
    assert display.lcd.lines() == [BLANK] * 4
    display.text("ab")
    assert display.lcd.lines()[0] == "ab".ljust(20), "clear also sets the direction to the right"


def test_home_keeps_the_text_and_undoes_the_shift(display):
    display.text("coffee")
    display.byte(0x18)
    assert display.lcd.lines()[0] == "offee".ljust(20)
    display.byte(HOME)
    display.text("T")
    assert display.lcd.lines()[0] == "Toffee".ljust(20)


def test_the_display_shifts_both_ways_and_around(display):
    display.text("coffee")
    display.text("X", at=0x27)
    display.byte(0x1C)
    assert display.lcd.lines()[0] == "Xcoffee".ljust(20)
    for _ in range(41):
        display.byte(0x1C)
    assert display.lcd.lines()[0].startswith(" Xcoffee")


def test_entry_mode_writes_to_the_left_when_told_so(display):
    display.byte(0x04)
    display.text("321", at=0x05)
    assert display.lcd.lines()[0] == "   123".ljust(20)


def test_entry_mode_may_shift_the_display_with_each_character(display):
    display.byte(0x07)
    display.text("ab", at=0x14)
    assert display.lcd.lines()[0] == " " * 18 + "ab"


def test_the_cursor_moves_without_writing(display):
    display.text("ab")
    display.byte(0x10)
    display.text("c")
    display.byte(0x14)
    display.text("d")
    assert display.lcd.lines()[0] == "ac d".ljust(20)


def test_the_cursor_passes_from_line_to_line_in_both_directions(display):
    display.text("xy", at=0x27)
    assert display.lcd.lines()[1] == "y".ljust(20)
    display.byte(0x04)
    display.text("zw", at=0x40)
    assert display.lcd.lines()[1] == "z".ljust(20)
    display.byte(0x80 | 0x27)
    assert display.read_byte(RS) == ord("w")


def test_custom_glyphs_are_drawn_and_shown_twice(display):
    pattern = (0x0E, 0x11, 0x1C, 0x10, 0x1C, 0x11, 0x0E, 0x00)
    display.byte(0x40 | 8)
    display.text(bytes(pattern))
    display.text(bytes([1, 9]), at=0x00)
    assert display.lcd.glyph(1) == pattern
    assert display.lcd.lines()[0] == "\ue001\ue001".ljust(20)


def test_german_is_in_the_rom(display):
    display.text(bytes([0xE1, 0xEF, 0xF5, 0xE2]) + b"\x5c\x7e\x7f")
    assert display.lcd.lines()[0] == "äöüß¥→←".ljust(20)


@given(st.integers(0, 255))
def test_every_code_is_one_character(code):
    assert len(character(code)) == 1


def test_only_a_falling_edge_of_enable_counts(display):
    port = ord("A") & 0xF0 | RS | LIGHT
    display.lcd.write(bytes([port, port, port]))
    display.lcd.write(bytes([port | E, port | E]))
    assert display.lcd.lines()[0] == BLANK
    display.lcd.write(bytes([port]))
    display.nibble(ord("A") & 0x0F, RS)
    assert display.lcd.lines()[0] == "A".ljust(20)


def test_the_backlight_follows_its_bit_and_keeps_the_text(display):
    display.text("dark")
    display.lcd.write(b"\x00")
    assert not display.lcd.backlight
    assert display.lcd.lines()[0] == "dark".ljust(20)
    display.lcd.write(bytes([LIGHT]))
    assert display.lcd.backlight


def test_a_power_cycle_forgets_the_text_and_the_interface(display):
    display.text("gone")
    display.lcd.power_cycle()
    assert display.lcd.lines() == [BLANK] * 4
    display.wait(50_000)
    display.initialise()
    display.text("back")
    assert display.lcd.lines()[0] == "back".ljust(20)


def test_an_unplugged_display_is_not_on_the_bus(display):
    display.lcd.connected = False
    with pytest.raises(Nack):
        display.lcd.write(b"\x00")
    with pytest.raises(Nack):
        display.lcd.read(1)


def test_the_address_can_be_set_by_solder_bridges():
    assert CharacterLcd().address == 0x27
    assert CharacterLcd(0x3F).address == 0x3F


ROW_STARTS = (0x00, 0x40, 0x14, 0x54)


@given(st.lists(st.tuples(st.sampled_from(ROW_STARTS), st.integers(0, 19), st.integers(0x20, 0x7D))))
def test_the_screen_is_what_was_written_last_to_each_place(writes):
    host = LcdHost(CharacterLcd())
    host.initialise()
    expected = {}
    for start, column, code in writes:
        host.text(bytes([code]), at=start + column)
        expected[start, column] = character(code)
    rows = ["".join(expected.get((start, i), " ") for i in range(20)) for start in ROW_STARTS]
    assert host.lcd.lines() == rows
