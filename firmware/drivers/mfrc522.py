"""The MFRC522 reader over SPI: its registers (data sheet, chapter 9), and the cascade of ISO/IEC 14443-3."""

from micropython import const

from drivers.reader import BusError, FrameError, Reader, ReplyTimeout, SeveralTokens
from system import compat

_COMMAND = const(0x01)
_COM_IRQ = const(0x04)
_DIV_IRQ = const(0x05)
_ERROR = const(0x06)
_FIFO_DATA = const(0x09)
_FIFO_LEVEL = const(0x0A)
_CONTROL = const(0x0C)
_BIT_FRAMING = const(0x0D)
_TX_CONTROL = const(0x14)
_CRC_RESULT_HIGH = const(0x21)
_CRC_RESULT_LOW = const(0x22)
_TIMER_MODE = const(0x2A)
_VERSION = const(0x37)

# 10.3: the commands.
_IDLE = const(0x00)
_CALC_CRC = const(0x03)
_TRANSCEIVE = const(0x0C)
_SOFT_RESET = const(0x0F)

_FLUSH = const(0x80)
_START_SEND = const(0x80)
_CLEAR_ALL = const(0x7F)
_RECEIVED = const(0x20)
_TIMER_IRQ = const(0x01)
_CRC_IRQ = const(0x04)
_ANTENNA_ON = const(0x83)
_ANTENNA_OFF = const(0x80)
_BOTH_DRIVERS = const(0x03)
_TIMER_AUTO = const(0x80)
_COLLISION = const(0x08)
# Bit 5 of ErrorReg is always 0, bits 7 and 6 tell of the chip and not of the air (9.3.1.7).
_NOT_OF_THE_AIR = const(0xE0)

# ModeReg: CRC preset 6363; TxASKReg: 100 % ASK; timer: starts by itself after sending, steps of 25 µs, 5 ms.
_SETTINGS = (
    (0x12, 0x00),
    (0x13, 0x00),
    (0x24, 0x26),
    (_TIMER_MODE, _TIMER_AUTO),
    (0x2B, 0xA9),
    (0x2C, 0x00),
    (0x2D, 0xC8),
    (0x15, 0x40),
    (0x11, 0x3D),
)
_START_MS = const(50)
_DEADLINE_MS = const(36)
_POLL_MS = const(1)
# ISO/IEC 14443-3, 5: a card has 5 ms to wake up in a field, and forgets in 5 ms without one.
_FIELD_MS = const(6)

_WAKE_ALL = b"\x52"
_SHORT_FRAME_BITS = const(7)
_CASCADE_LEVELS = (0x93, 0x95, 0x97)
_CASCADE_TAG = const(0x88)
_NOT_COMPLETE = const(0x04)
_HALT = b"\x50\x00\x57\xcd"
_SELF_TEST = b"\x12\x34"
_LONGEST_ANSWER = const(5)


def crc_a(data):
    """Return the two bytes of CRC_A (ISO/IEC 14443-3, annex B), the low one first."""
    crc = 0x6363
    for value in data:
        value = (value ^ crc) & 0xFF
        value = (value ^ value << 4) & 0xFF
        crc = crc >> 8 ^ value << 8 ^ value << 3 ^ value >> 4
    return bytes((crc & 0xFF, crc >> 8))


class MFRC522(Reader):
    """One reader on an SPI of mode 0, at 10 MHz at most, and the pin on SDA/NSS (low = selected).

    UIDs are read through all levels of the cascade. What the air spoils is no token in this look; what the
    chip or the bus spoils is a ReaderError. SPI has no checksum: BCC, CRC_A and the card itself, which must
    answer to its whole UID, are what a bit that flips on the wires does not get past.
    """

    def __init__(self, spi, select_pin, reset_pin=None, power_pin=None):
        super().__init__(reset_pin, power_pin)
        self._spi = spi
        self._select = select_pin
        self._out = bytearray(2)
        self._in = bytearray(2)
        self._answer = memoryview(bytearray(_LONGEST_ANSWER + 1))
        # 8.1.2.1: the address is sent again for each further byte, and 00 for the last one.
        self._ask_fifo = bytes([0x80 | _FIFO_DATA << 1] * _LONGEST_ANSWER + [0])
        self._chip = None
        select_pin.value(1)

    async def start(self):
        """Bring the chip from any state to a configured one with its field on."""
        self._write(_COMMAND, _SOFT_RESET)
        await compat.sleep_ms(_START_MS)
        self._chip = self._read(_VERSION)
        if self._chip in (0x00, 0xFF):
            raise BusError(f"version {self._chip:02x}: no chip, or no supply")
        self.version = f"MFRC522 {self._chip:02x}"
        for register, value in _SETTINGS:
            self._write(register, value)
        self._test_wires()
        await self.restart_field()

    async def read_uid(self):
        """Return the UID of the token on the antenna, or None. The token is left in HALT."""
        self._check_chip()
        try:
            # A card that was left half selected falls back at the first call, and hears the second.
            atqa = await self._exchange(_WAKE_ALL, 2, _SHORT_FRAME_BITS)
            atqa = atqa or await self._exchange(_WAKE_ALL, 2, _SHORT_FRAME_BITS)
            uid = await self._select_card() if atqa else None
        except SeveralTokens:
            # On a bus that makes things up a collision says nothing.
            self._check_chip()
            raise
        if uid:
            await self._exchange(_HALT, 0)
        return uid

    async def restart_field(self):
        """Switch the field off and on, and wait until cards have woken up."""
        self._write(_TX_CONTROL, _ANTENNA_OFF)
        await compat.sleep_ms(_FIELD_MS)
        self._write(_TX_CONTROL, _ANTENNA_ON)
        await compat.sleep_ms(_FIELD_MS)

    async def _select_card(self):
        """Go through the cascade (ISO/IEC 14443-3, 6.5.3); None when a card leaves or a checksum is wrong."""
        uid = b""
        for level in _CASCADE_LEVELS:
            part = await self._exchange(bytes((level, 0x20)), 5)
            if part is None or part[0] ^ part[1] ^ part[2] ^ part[3] ^ part[4]:
                return None
            request = bytes((level, 0x70)) + part
            sak = await self._exchange(request + crc_a(request), 3)
            if sak is None or crc_a(sak[:1]) != sak[1:]:
                return None
            is_tagged = part[0] == _CASCADE_TAG
            if bool(sak[0] & _NOT_COMPLETE) != is_tagged:
                return None
            if not is_tagged:
                return uid + part[:4]
            uid += part[1:4]
        return None

    async def _exchange(self, frame, length, last_bits=0):
        """Send a frame and return a copy of the answer; None when none comes, or one of another length.

        `last_bits` of the last byte are sent, 0 means all. Raises SeveralTokens for answers that collide.
        """
        self._write(_COMMAND, _IDLE)
        self._write(_COM_IRQ, _CLEAR_ALL)
        self._write(_FIFO_LEVEL, _FLUSH)
        for value in frame:
            self._write(_FIFO_DATA, value)
        self._write(_COMMAND, _TRANSCEIVE)
        self._write(_BIT_FRAMING, _START_SEND | last_bits)
        if not await self._received():
            return None
        error = self._read(_ERROR)
        if error & _NOT_OF_THE_AIR:
            raise FrameError(f"error register {error:02x}")
        if error & _COLLISION:
            raise SeveralTokens
        if error or self._read(_FIFO_LEVEL) != length or self._read(_CONTROL) & 0x07:
            return None
        return self._read_fifo(length)

    async def _received(self):
        started = compat.ticks_ms()
        while True:
            await compat.sleep_ms(_POLL_MS)
            interrupts = self._read(_COM_IRQ)
            if interrupts & _RECEIVED:
                return True
            if interrupts & _TIMER_IRQ:
                return False
            if compat.ticks_diff(compat.ticks_ms(), started) >= _DEADLINE_MS:
                raise ReplyTimeout(f"neither answer nor timer after {_DEADLINE_MS} ms")

    def _check_chip(self):
        # A brown-out leaves the chip there, but with the settings of its power-up: deaf, and without a field.
        version = self._read(_VERSION)
        if version != self._chip:
            raise BusError(f"version {version:02x}: no chip, or no supply")
        if self._read(_TX_CONTROL) & _BOTH_DRIVERS != _BOTH_DRIVERS or self._read(_TIMER_MODE) != _TIMER_AUTO:
            raise BusError("its settings are gone: the supply has failed")

    def _test_wires(self):
        """Let the CRC coprocessor (8.6) compute what is known: both directions of the bus are right then."""
        self._write(_COMMAND, _IDLE)
        self._write(_DIV_IRQ, _CRC_IRQ)
        self._write(_FIFO_LEVEL, _FLUSH)
        for value in _SELF_TEST:
            self._write(_FIFO_DATA, value)
        self._write(_COMMAND, _CALC_CRC)
        # The coprocessor needs less time than the question whether it is done.
        is_done = self._read(_DIV_IRQ) & _CRC_IRQ
        self._write(_COMMAND, _IDLE)
        result = bytes((self._read(_CRC_RESULT_LOW), self._read(_CRC_RESULT_HIGH)))
        if not is_done or result != crc_a(_SELF_TEST):
            raise FrameError(f"test of the wires: {result[0]:02x}{result[1]:02x}")

    def _write(self, register, value):
        self._out[0] = register << 1
        self._out[1] = value
        self._transfer(self._out, self._in)

    def _read(self, register):
        self._out[0] = 0x80 | register << 1
        self._out[1] = 0
        self._transfer(self._out, self._in)
        return self._in[1]

    def _read_fifo(self, count):
        answer = self._answer[: count + 1]
        self._transfer(self._ask_fifo[_LONGEST_ANSWER - count :], answer)
        return bytes(answer[1:])

    def _transfer(self, sent, answer):
        self._select.value(0)
        try:
            self._spi.write_readinto(sent, answer)
        except OSError as error:
            raise BusError(f"SPI: {error!r}")
        finally:
            self._select.value(1)
