"""The PN532's frames over HSU, a UART of 115200 bit/s (UM0701-02, 6.2.3): no ready byte."""

from micropython import const

from drivers.reader import BusError, FrameError
from system import compat

_READY = const(0x01)
_START_CODE = b"\x00\xff"
# 7.2.11: 55 wakes the chip, and the zeros last until its oscillator runs; they are preamble to any frame.
_WAKE_UP = b"\x55\x55" + bytes(14)
_WAKE_UP_MS = const(5)
_CAPACITY = const(128)
_ACK_BYTES = const(4)
_AROUND_DATA = const(5)


class HSUTransport:
    """Frames over a UART of 115200 bit/s, 8N1, that does not block (timeout 0).

    What arrives is collected from its start code on until the frame is whole; noise before it is dropped.
    """

    def __init__(self, uart):
        self._uart = uart
        self._buffer = bytearray(_CAPACITY)
        self._view = memoryview(self._buffer)
        self._count = 0

    async def wake(self):
        """Wake the chip, and forget what it sent before."""
        self._send(_WAKE_UP)
        await compat.sleep_ms(_WAKE_UP_MS)
        self._forget()

    def write(self, frame):
        """Send one frame; what arrived before it answers nothing that is still asked."""
        self._forget()
        self._send(frame)

    def ready(self):
        """Tell whether a whole frame has arrived, or one whose length is wrong."""
        self._collect()
        return self._frame_bytes() > 0

    def read_into(self, buffer):
        """Fill the buffer with ready byte, preamble, frame and zeros; FrameError when no frame is whole."""
        count = self._frame_bytes()
        if not count:
            raise FrameError("not ready")
        taken = min(count, len(buffer) - 2)
        buffer[0] = _READY
        buffer[1] = 0
        buffer[2 : 2 + taken] = self._view[:taken]
        for index in range(2 + taken, len(buffer)):
            buffer[index] = 0
        self._drop(count)

    def _send(self, data):
        if self._uart.write(data) != len(data):
            raise BusError("the UART does not send")

    def _collect(self):
        waiting = min(self._uart.any(), _CAPACITY - self._count)
        if waiting:
            self._count += self._uart.readinto(self._view[self._count : self._count + waiting]) or 0
        start = bytes(self._view[: self._count]).find(_START_CODE)
        # Without a start code the last byte may still be the first of one.
        self._drop(start if start >= 0 else max(0, self._count - 1))

    def _frame_bytes(self):
        """Return how many bytes from the start code on are the first frame; 0 while it is not whole."""
        if self._count < _ACK_BYTES or self._buffer[0] or self._buffer[1] != 0xFF:
            return 0
        length, checksum = self._buffer[2], self._buffer[3]
        if length + checksum == 0xFF and length in (0x00, 0xFF):
            return _ACK_BYTES
        whole = length + _AROUND_DATA
        if (length + checksum) & 0xFF or whole > _CAPACITY:
            # parse_frame says what is wrong with it.
            return self._count
        return whole if self._count >= whole else 0

    def _drop(self, count):
        if count:
            self._count -= count
            self._buffer[: self._count] = bytes(self._view[count : count + self._count])

    def _forget(self):
        self._count = 0
        # Bounded: a line that never falls silent is not to hold the program.
        for _ in range(4):
            waiting = self._uart.any()
            if not waiting:
                return
            self._uart.readinto(self._view[: min(waiting, _CAPACITY)])
