"""The 20x4 display as its data sheet has it: nibbles on E, initialisation, memories, busy time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal_sim.chips.bus import Nack
from terminal_sim.chips.character_lcd import CharacterLcd
from terminal_sim.chips.lcd_rom import character

RS, RW, E, LIGHT = 0x01, 0x02, 0x04, 0x08
BLANK = " " * 20
CLEAR, HOME = 0x01, 0x02


class LcdHost:
    """A host that writes nibbles in the data sheet's order, each with a pulse on E."""

    def __init__(self, lcd, timeline=None):
        self.lcd = lcd
        self.timeline = timeline

    def nibble(self, value, flags=0):
        port = value << 4 | flags | LIGHT
        self.lcd.write(bytes([port, port | E, port]))

    def byte(self, value, flags=0, pause_us=2_000):
        self.nibble(value >> 4, flags)
        self.nibble(value & 0x0F, flags)
        self.wait(pause_us)

    def wait(self, duration_us):
        if self.timeline:
            self.timeline.advance(duration_us)

    def initialise(self):
        for value, wait_us in ((3, 4_500), (3, 150), (3, 100), (2, 100)):
            self.nibble(value)
            self.wait(wait_us)
        for instruction in (0x28, 0x0C, CLEAR, 0x06):
            self.byte(instruction)

    def text(self, codes, at=None):
        if at is not None:
            self.byte(0x80 | at)
        for code in codes.encode("latin-1") if isinstance(codes, str) else codes:
            self.byte(code, RS, pause_us=0)

    def read_byte(self, flags):
        halves = []
        for _ in range(2):
            port = 0xF0 | flags | RW | LIGHT
            self.lcd.write(bytes([port, port | E]))
            halves.append(self.lcd.read(1)[0] >> 4)
            self.lcd.write(bytes([port]))
        return halves[0] << 4 | halves[1]


@pytest.fixture
def host(timeline):
    timeline.advance(0)
    lcd = CharacterLcd(timeline=timeline)
    timeline.advance(50_000)
    return LcdHost(lcd, timeline)


@pytest.fixture
def display(host):
    host.initialise()
    return host


def test_a_fresh_display_shows_nothing_and_is_lit(host):
    assert host.lcd.lines() == [BLANK] * 4
    assert host.lcd.backlight


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


def test_without_initialisation_text_is_no_text(host):
    host.text("garbage?")
    assert host.lcd.lines() == [BLANK] * 4
    host.initialise()
    host.byte(HOME)
    assert host.lcd.lines() == [BLANK] * 4


def test_a_display_switched_on_without_function_set_shows_garbage(host):
    # Still at 8 bits, each nibble is an instruction or a character of its own, its lower half all ones.
    for nibble in (0x3, 0x0, 0xC):
        host.nibble(nibble)
        host.wait(5_000)
    host.text("Hi")
    assert "".join(host.lcd.lines()).split() == ["O", "o"]


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


def test_what_comes_while_the_display_is_busy_is_lost(display):
    display.text("keep")
    display.byte(CLEAR, pause_us=0)
    display.text("no", at=None)
    assert display.lcd.lost_while_busy == 2
    display.wait(2_000)
    display.text("yes")
    assert display.lcd.lines()[0] == "yes".ljust(20)


def test_right_after_power_up_nothing_is_heard(timeline):
    host = LcdHost(CharacterLcd(timeline=timeline), timeline)
    host.initialise()
    assert host.lcd.lost_while_busy > 0


def test_a_second_function_set_too_soon_after_power_up_is_lost(host):
    host.nibble(3)
    host.wait(3_000)
    host.nibble(3)
    assert host.lcd.lost_while_busy == 1
    host.wait(2_000)
    host.nibble(3)
    assert host.lcd.lost_while_busy == 1


def test_the_port_reads_back_what_was_put_on_its_other_pins(display):
    for port in (LIGHT, RS, RW | LIGHT):
        display.lcd.write(bytes([0xF0 | port]))
        assert display.lcd.read(2) == bytes([0xF0 | port] * 2)
    display.lcd.write(bytes([0xF0 | RW | E | LIGHT]))
    assert display.lcd.read(1) == bytes([RW | E | LIGHT])


def test_without_a_time_line_pauses_between_transfers_are_long_enough():
    host = LcdHost(CharacterLcd())
    host.initialise()
    host.text("no clock", at=0x40)
    assert host.lcd.lines()[1] == "no clock".ljust(20)


def test_the_busy_flag_and_the_address_can_be_read(display):
    display.byte(0x80 | 0x45)
    assert display.read_byte(0) == 0x45
    display.byte(CLEAR, pause_us=0)
    assert display.read_byte(0) & 0x80
    display.wait(2_000)
    assert display.read_byte(0) == 0x00


def test_characters_can_be_read_back(display):
    display.text("ok", at=0x14)
    display.byte(0x80 | 0x14)
    assert bytes(display.read_byte(RS) for _ in range(2)) == b"ok"


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
