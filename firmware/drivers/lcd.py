"""A 20x4 character display: HD44780 in four-bit mode behind a PCF8574 I2C backpack."""

from micropython import const

from drivers.display import Display
from system import compat

_ADDRESS = const(0x27)
_COLUMNS = const(20)
_ROWS = const(4)

# The backpack's wires: P0 RS, P1 RW, P2 E, P3 backlight, P4..P7 the data's high half.
_RS = const(0x01)
_E = const(0x04)
_BACKLIGHT = const(0x08)

_CLEAR = const(0x01)
_HOME = const(0x02)
_ENTRY_LEFT_TO_RIGHT = const(0x06)
_DISPLAY_OFF = const(0x08)
_DISPLAY_ON = const(0x0C)
_FUNCTION_4_BIT_2_LINES = const(0x28)
_SET_DDRAM = const(0x80)
_ROW_STARTS = (0x00, 0x40, 0x14, 0x54)

# Character ROM A00 has these small letters; the capital ones are shown small.
_ROM_A00 = {"ä": 0xE1, "Ä": 0xE1, "ö": 0xEF, "Ö": 0xEF, "ü": 0xF5, "Ü": 0xF5, "ß": 0xE2, "°": 0xDF}
_UNKNOWN = const(0x3F)


def encode(text):
    """Return the bytes of a text in ROM A00, where backslash and tilde are other signs; ? for the rest."""
    codes = bytearray()
    for letter in text:
        code = ord(letter)
        is_plain = 0x20 <= code < 0x7E and code != 0x5C
        codes.append(code if is_plain else _ROM_A00.get(letter, _UNKNOWN))
    return codes


class CharacterDisplay(Display):
    """Four lines of twenty characters."""

    columns = _COLUMNS
    rows = _ROWS

    def __init__(self, bus, address=_ADDRESS):
        super().__init__(bus, address)
        self._shown = None
        self._pulses = bytearray(4 * (_COLUMNS + 1))

    async def _write(self, lines):
        if not self._is_started:
            await self._start()
        for row in range(_ROWS):
            line = encode(lines[row][:_COLUMNS] if row < len(lines) else "")
            self._show_row(row, bytes(line) + b" " * (_COLUMNS - len(line)))

    async def _start(self):
        # Initialising by instruction (data sheet, figure 24) works from any state the chip is in.
        await compat.sleep_ms(0 if self._is_anew else 50)
        for nibble, pause_ms in ((0x30, 5), (0x30, 1), (0x30, 1), (0x20, 1)):
            self.bus.writeto(self.address, bytes((nibble | _BACKLIGHT | _E, nibble | _BACKLIGHT)))
            await compat.sleep_ms(pause_ms)
        self._instruct(_FUNCTION_4_BIT_2_LINES)
        if not self._is_anew:
            self._instruct(_DISPLAY_OFF)
        self._instruct(_HOME if self._is_anew else _CLEAR)
        await compat.sleep_ms(3)
        self._instruct(_ENTRY_LEFT_TO_RIGHT)
        self._instruct(_DISPLAY_ON)
        self._shown = [None if self._is_anew else b" " * _COLUMNS] * _ROWS
        self._is_started = True

    def _instruct(self, instruction):
        self._put(0, instruction, 0)
        self.bus.writeto(self.address, memoryview(self._pulses)[:4])

    def _show_row(self, row, codes):
        if self._shown[row] == codes:
            return
        self._put(0, _SET_DDRAM | _ROW_STARTS[row], 0)
        for column, code in enumerate(codes):
            self._put(4 * column + 4, code, _RS)
        # At 100 kHz a byte takes 90 us on the bus, longer than the chip needs for a character (37 us).
        self.bus.writeto(self.address, self._pulses)
        self._shown[row] = codes

    def _put(self, at, code, register):
        wires = register | _BACKLIGHT
        high = (code & 0xF0) | wires
        low = ((code << 4) & 0xF0) | wires
        self._pulses[at] = high | _E
        self._pulses[at + 1] = high
        self._pulses[at + 2] = low | _E
        self._pulses[at + 3] = low
