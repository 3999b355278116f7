"""The PN532's frames over SPI (UM0701-02, 6.2.5): least significant bit first, an operation byte leads."""

from micropython import const

from drivers.reader import BusError
from system import compat

_READY = const(0x01)
# 6.2.5: status read 02, data write 01, data read 03, with their bits turned already.
_STATUS_READ = b"\x40"
_DATA_WRITE = const(0x80)
_DATA_READ = b"\xc0"
_WAKE_UP_MS = const(3)


class SPITransport:
    """Frames over an SPI of mode 0 at 5 MHz at most, and the pin on NSS (low = selected).

    Many ports of MicroPython send the most significant bit first and nothing else. So the bus is to do that,
    on every port, and the bits are turned here by a table.
    """

    def __init__(self, spi, select_pin):
        self._spi = spi
        self._select = select_pin
        self._status = bytearray(1)
        self._turned = bytearray(256)
        for value in range(256):
            self._turned[value] = self._turned[value >> 1] >> 1 | (value & 1) << 7
        select_pin.value(1)

    async def wake(self):
        """Select the chip for as long as it takes to wake up (7.2.11)."""
        self._select.value(0)
        await compat.sleep_ms(_WAKE_UP_MS)
        self._select.value(1)

    def write(self, frame):
        """Send one frame; whether the chip is there its ACK alone tells."""
        sent = bytearray(len(frame) + 1)
        sent[0] = _DATA_WRITE
        for index, value in enumerate(frame):
            sent[index + 1] = self._turned[value]
        self._transfer(sent, None)

    def ready(self):
        """Tell whether a frame waits."""
        self._transfer(_STATUS_READ, self._status)
        return self._turned[self._status[0]] & _READY

    def read_into(self, buffer):
        """Fill the buffer with the ready byte and a frame."""
        view = memoryview(buffer)
        self._transfer(_DATA_READ, view[1:])
        for index in range(1, len(buffer)):
            buffer[index] = self._turned[buffer[index]]
        buffer[0] = _READY

    def _transfer(self, sent, answer):
        self._select.value(0)
        try:
            self._spi.write(sent)
            if answer is not None:
                self._spi.readinto(answer)
        except OSError as error:
            raise BusError(f"SPI: {error!r}")
        finally:
            self._select.value(1)
