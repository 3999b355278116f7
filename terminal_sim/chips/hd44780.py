"""The HD44780 behind its four upper data lines: instructions, memories, and the busy time of each."""

from __future__ import annotations

from collections.abc import Callable

from terminal_sim.chips.lcd_rom import character

COLUMNS = 20
_ROW_STARTS = ((0x00, 0), (0x40, 0), (0x00, 20), (0x40, 20))
_LINE_LENGTH = 40
_ONE_LINE_LENGTH = 80
_SECOND_LINE = 0x40
_BLANK = 0x20

# Data sheet, table 6, at 270 kHz.
_INSTRUCTION_US = 37
_DATA_US = 41
_CLEAR_OR_HOME_US = 1_520
# Data sheet, "reset function" and figure 24 (initialising by instruction, 4-bit interface).
_INTERNAL_RESET_US = 10_000
_WAIT_AFTER_FUNCTION_SETS_US = (4_100, 100)


class Hd44780:
    """The display controller of a 20x4 module; its lines D0 to D3 are not connected and read 1."""

    def __init__(self, now_us: Callable[[], int]) -> None:
        self._now_us = now_us
        self.power_up()

    def power_up(self) -> None:
        """Start as the internal reset leaves it: 8-bit interface, one line, display off, busy for 10 ms."""
        self._ddram = bytearray([_BLANK] * 0x80)
        self._cgram = bytearray(0x40)
        self._eight_bits = True
        self._two_lines = False
        self._display_on = False
        self._step = 1
        self._shifts_display = False
        self._shift = 0
        self._address = 0
        self._in_cgram = False
        self._half_written: int | None = None
        self._half_read: int | None = None
        self._function_sets = 0
        self._busy_until_us = self._now_us() + _INTERNAL_RESET_US
        self.lost_while_busy = 0

    def lines(self) -> list[str]:
        """Return what the four rows show; blanks while the display is off."""
        if not self._display_on:
            return [" " * COLUMNS] * len(_ROW_STARTS)
        return [self._row(line, column) for line, column in _ROW_STARTS]

    def glyph(self, number: int) -> tuple[int, ...]:
        """Return the eight rows of custom glyph 0 to 7, five bits each."""
        return tuple(self._cgram[8 * number : 8 * number + 8])

    def latch(self, register_select: int, nibble: int) -> None:
        """Take the four data lines at a falling edge of E with RW low."""
        if self._eight_bits:
            self._execute(register_select, nibble << 4 | 0x0F)
            return
        if self._half_written is None:
            self._half_written = nibble
            return
        byte = self._half_written << 4 | nibble
        self._half_written = None
        self._execute(register_select, byte)

    def output(self, register_select: int) -> int:
        """Return what the chip puts on the four data lines while E and RW are high."""
        if self._half_read is not None:
            return self._half_read & 0x0F
        return self._readable(register_select) >> 4

    def end_read(self, register_select: int) -> None:
        """Take a falling edge of E with RW high: the other half comes next, or the read is over."""
        if self._half_read is None:
            byte = self._readable(register_select)
            if register_select:
                self._advance()
            self._half_read = None if self._eight_bits else byte
        else:
            self._half_read = None

    def _row(self, line: int, column: int) -> str:
        if not self._two_lines and line == _SECOND_LINE:
            return " " * COLUMNS
        length = _LINE_LENGTH if self._two_lines else _ONE_LINE_LENGTH
        codes = (self._ddram[line + (column + self._shift + i) % length] for i in range(COLUMNS))
        return "".join(character(code) for code in codes)

    def _readable(self, register_select: int) -> int:
        if register_select:
            return self._cgram[self._address & 0x3F] if self._in_cgram else self._ddram[self._address]
        busy = 0x80 if self._now_us() < self._busy_until_us else 0x00
        return busy | self._address

    def _execute(self, register_select: int, byte: int) -> None:
        now_us = self._now_us()
        if now_us < self._busy_until_us:
            self.lost_while_busy += 1
            return
        took_us = self._write_data(byte) if register_select else self._instruct(byte)
        self._busy_until_us = now_us + took_us

    def _write_data(self, byte: int) -> int:
        if self._in_cgram:
            self._cgram[self._address & 0x3F] = byte & 0x1F
        else:
            self._ddram[self._address] = byte
            if self._shifts_display:
                self._shift_display(self._step)
        self._advance()
        return _DATA_US

    def _instruct(self, byte: int) -> int:
        """Run the instruction named by the highest bit that is set, and return how long it takes."""
        handlers = (
            self._clear,
            self._home,
            self._entry_mode,
            self._display_control,
            self._move,
            self._function_set,
            self._set_cgram_address,
            self._set_ddram_address,
        )
        if byte == 0:
            return _INSTRUCTION_US
        return handlers[byte.bit_length() - 1](byte)

    def _clear(self, byte: int) -> int:
        self._ddram[:] = bytes([_BLANK] * len(self._ddram))
        self._step = 1
        return self._home(byte)

    def _home(self, byte: int) -> int:
        self._address = 0
        self._in_cgram = False
        self._shift = 0
        return _CLEAR_OR_HOME_US

    def _entry_mode(self, byte: int) -> int:
        self._step = 1 if byte & 0x02 else -1
        self._shifts_display = bool(byte & 0x01)
        return _INSTRUCTION_US

    def _display_control(self, byte: int) -> int:
        self._display_on = bool(byte & 0x04)
        return _INSTRUCTION_US

    def _move(self, byte: int) -> int:
        step = 1 if byte & 0x04 else -1
        if byte & 0x08:
            # The display moves right: the text that stood left of it comes in.
            self._shift_display(-step)
        else:
            self._move_address(step)
        return _INSTRUCTION_US

    def _function_set(self, byte: int) -> int:
        self._eight_bits = bool(byte & 0x10)
        self._two_lines = bool(byte & 0x08)
        waits = _WAIT_AFTER_FUNCTION_SETS_US[self._function_sets : self._function_sets + 1]
        self._function_sets += 1
        return waits[0] if waits else _INSTRUCTION_US

    def _set_cgram_address(self, byte: int) -> int:
        self._address = byte & 0x3F
        self._in_cgram = True
        return _INSTRUCTION_US

    def _set_ddram_address(self, byte: int) -> int:
        self._address = byte & 0x7F
        self._in_cgram = False
        return _INSTRUCTION_US

    def _advance(self) -> None:
        self._move_address(self._step)

    def _move_address(self, step: int) -> None:
        if self._in_cgram:
            self._address = (self._address + step) & 0x3F
        elif self._two_lines:
            self._address = _next_of_two_lines(self._address, step)
        else:
            self._address = (self._address + step) % _ONE_LINE_LENGTH

    def _shift_display(self, step: int) -> None:
        length = _LINE_LENGTH if self._two_lines else _ONE_LINE_LENGTH
        self._shift = (self._shift + step) % length


def _next_of_two_lines(address: int, step: int) -> int:
    """Step through 00-27 and 40-67 as through one ring; what lies between them counts as column 40 on."""
    line, column = address & _SECOND_LINE, address & 0x3F
    column += step
    if 0 <= column < _LINE_LENGTH:
        return line | column
    return line ^ _SECOND_LINE | (0 if step > 0 else _LINE_LENGTH - 1)
