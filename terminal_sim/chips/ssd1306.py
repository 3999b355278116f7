"""A 128x64 OLED display on I2C: the SSD1306 with its memory, its addressing modes and its commands."""

from __future__ import annotations

from terminal_sim.chips.bus import Nack
from terminal_sim.chips.petme_font import CELL, letter_of

I2C_ADDRESS = 0x3C
WIDTH, HEIGHT = 128, 64
_PAGES = HEIGHT // 8
_HORIZONTAL, _VERTICAL, _PAGE = 0, 1, 2
# Control bytes (data sheet, 8.1.5.2): what follows to the end is commands, or data; or one byte alone is.
_COMMANDS, _DATA, _ONE_COMMAND, _ONE_DATUM = 0x00, 0x40, 0x80, 0xC0
# How many bytes follow a command of more than one (table 9-1).
_ARGUMENTS = {
    0x20: 1, 0x21: 2, 0x22: 2, 0x81: 1, 0x8D: 1, 0xA8: 1, 0xD3: 1, 0xD5: 1, 0xD9: 1, 0xDA: 1, 0xDB: 1,
}  # fmt: skip
_STATUS_OFF = 0x40


class Ssd1306:
    """A module of 128x64 pixels as they are sold: upright with A1 and C8, COM pins alternative (DA 12).

    After power-up the memory holds noise, the panel is off and so is the charge pump, without which nothing
    lights up. `unknown_commands` counts what no data sheet knows, `transfers` what has come over the bus.
    """

    def __init__(self, address: int = I2C_ADDRESS) -> None:
        self.address = address
        self.connected = True
        self.transfers = 0
        self.power_cycle()

    def power_cycle(self) -> None:
        """Take the supply away and give it back: registers as the data sheet's reset, memory as it falls."""
        self._memory = [
            bytearray((31 * page + 7 * column) & 0xFF for column in range(WIDTH)) for page in range(_PAGES)
        ]
        self._is_on = self._has_pump = self._is_inverse = self._is_all_lit = False
        self._mode = _PAGE
        self._columns, self._pages = (0, WIDTH - 1), (0, _PAGES - 1)
        self._column = self._page = self._start_line = self._offset = 0
        self._is_remapped = self._scans_down = False
        self._rows = HEIGHT
        self._com_pins = 0x12
        self._pending: list[int] = []
        self.contrast = 0x7F
        self.unknown_commands = 0
        self.data_bytes = 0

    @property
    def is_lit(self) -> bool:
        """Whether the panel shows its memory: switched on, and with its charge pump running."""
        return self._is_on and self._has_pump

    def write(self, data: bytes) -> None:
        """Take one transfer: control bytes, and what each of them announces."""
        if not self.connected:
            raise Nack
        self.transfers += 1
        position = 0
        while position < len(data):
            control = data[position]
            is_data = control in (_DATA, _ONE_DATUM)
            end = position + 2 if control in (_ONE_COMMAND, _ONE_DATUM) else len(data)
            for byte in data[position + 1 : end]:
                (self._put if is_data else self._command)(byte)
            position = end

    def read(self, count: int) -> bytes:
        """Return the status byte, in which bit 6 tells that the panel is off."""
        if not self.connected:
            raise Nack
        return bytes([0 if self._is_on else _STATUS_OFF]) * count

    def pixel(self, x: int, y: int) -> bool:
        """Tell whether a pixel of the panel shines, seen from the front."""
        if not self.is_lit:
            return False
        if self._is_all_lit:
            return True
        line = y if self._scans_down else self._rows - 1 - y
        if self._com_pins != 0x12:
            # Driven in sequence, although the glass has its odd lines on the other half of the pins.
            line = line // 2 + (HEIGHT // 2) * (line % 2)
        if line >= self._rows:
            return False
        line = (line + self._start_line + self._offset) % HEIGHT
        column = x if self._is_remapped else WIDTH - 1 - x
        return bool(self._memory[line // 8][column] >> line % 8 & 1) != self._is_inverse

    def picture(self) -> list[str]:
        """Return the panel's 64 lines, `#` for a pixel that shines."""
        return ["".join("#" if self.pixel(x, y) else " " for x in range(WIDTH)) for y in range(HEIGHT)]

    def lines(self) -> list[str]:
        """Return the eight rows of sixteen letters that a person reads."""
        picture = self.picture()
        return [
            "".join(_letter(picture, row, column) for column in range(WIDTH // CELL))
            for row in range(HEIGHT // CELL)
        ]

    def _put(self, byte: int) -> None:
        self.data_bytes += 1
        self._memory[self._page][self._column] = byte
        if self._mode == _PAGE:
            self._column = (self._column + 1) % WIDTH
        elif self._mode == _HORIZONTAL:
            self._column, is_over = _next(self._column, self._columns, WIDTH)
            self._page = _next(self._page, self._pages, _PAGES)[0] if is_over else self._page
        else:
            self._page, is_over = _next(self._page, self._pages, _PAGES)
            self._column = _next(self._column, self._columns, WIDTH)[0] if is_over else self._column

    def _command(self, byte: int) -> None:
        self._pending.append(byte)
        command, *arguments = self._pending
        if len(arguments) < _ARGUMENTS.get(command, 0):
            return
        self._pending = []
        if arguments:
            self._set(command, arguments)
        elif command < 0x20:
            self._move_column(command)
        elif 0x40 <= command <= 0x7F:
            self._start_line = command & 0x3F
        elif 0xB0 <= command <= 0xB7:
            # These three move only in page mode; in the others the window does.
            self._page = command & 7 if self._mode == _PAGE else self._page
        else:
            self._switch(command)

    def _move_column(self, command: int) -> None:
        if self._mode != _PAGE:
            return
        if command < 0x10:
            self._column = self._column & 0x70 | command
        else:
            self._column = self._column & 0x0F | (command & 7) << 4

    def _switch(self, command: int) -> None:
        if command in (0xAE, 0xAF):
            self._is_on = command == 0xAF
        elif command in (0xA4, 0xA5):
            self._is_all_lit = command == 0xA5
        elif command in (0xA6, 0xA7):
            self._is_inverse = command == 0xA7
        elif command in (0xA0, 0xA1):
            self._is_remapped = command == 0xA1
        elif command in (0xC0, 0xC8):
            self._scans_down = command == 0xC8
        elif command not in (0x2E, 0xE3):
            self.unknown_commands += 1

    def _set(self, command: int, arguments: list[int]) -> None:
        value = arguments[0]
        if command == 0x20:
            self._mode = value & 3
        elif command == 0x21:
            self._columns = (value & 0x7F, arguments[1] & 0x7F)
            self._column = self._columns[0]
        elif command == 0x22:
            self._pages = (value & 7, arguments[1] & 7)
            self._page = self._pages[0]
        elif command == 0x81:
            self.contrast = value
        elif command == 0x8D:
            self._has_pump = bool(value & 4)
        elif command == 0xA8:
            self._rows = (value & 0x3F) + 1
        elif command == 0xD3:
            self._offset = value & 0x3F
        elif command == 0xDA:
            self._com_pins = value


def _next(position: int, window: tuple[int, int], size: int) -> tuple[int, bool]:
    return (window[0], True) if position == window[1] else ((position + 1) % size, False)


def _letter(picture: list[str], row: int, column: int) -> str:
    columns = (
        sum((picture[CELL * row + y][CELL * column + x] == "#") << y for y in range(CELL))
        for x in range(CELL)
    )
    return letter_of(bytes(columns))
