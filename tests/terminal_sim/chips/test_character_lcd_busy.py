"""The display's time and its way back: what it loses while busy, and what can be read from it."""

from terminal_sim.chips.character_lcd import CharacterLcd
from tests.terminal_sim.chips.lcd_host import CLEAR, LIGHT, RS, RW, E, LcdHost


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


def test_a_second_function_set_too_soon_after_power_up_is_lost(lcd_host):
    lcd_host.nibble(3)
    lcd_host.wait(3_000)
    lcd_host.nibble(3)
    assert lcd_host.lcd.lost_while_busy == 1
    lcd_host.wait(2_000)
    lcd_host.nibble(3)
    assert lcd_host.lcd.lost_while_busy == 1


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
