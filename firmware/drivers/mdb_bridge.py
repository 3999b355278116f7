"""The vending bus through a small chip and a UART with eight bits, for microcontrollers without a ninth.

From the chip, two bytes a word: `1nnnnnmd`, `0ddddddd` with a running number n, mode bit m and data d.
To the chip, an answer: `1nnnnn00`, the number of bytes, and the bytes. n is that of the word which is
answered; the chip sets the mode bit on the last byte, and drops an answer that comes too late or to another
word than the latest. So nothing that this side delays is ever sent at the wrong time.
"""

from micropython import const

from drivers.mdb_messages import LONGEST_BLOCK

BAUD = const(230400)


class BridgeWords:
    """Words and answers over the chip: a UART of BAUD that does not block, and its ready line."""

    def __init__(self, uart, ready_pin, falling):
        """Give the board's trigger for a falling edge, which tells that bytes wait."""
        self._uart = uart
        self._received = bytearray(2 * LONGEST_BLOCK)
        self._answer = bytearray(2 + LONGEST_BLOCK)
        self._view = memoryview(self._answer)
        self._header = 0
        self.on_word = self._ignore
        ready_pin.irq(self._on_ready, falling)

    def send(self, block, count):
        """Send an answer to the word that was taken last."""
        self._answer[0] = self._header & 0xFC
        self._answer[1] = count
        for index in range(count):
            self._answer[2 + index] = block[index]
        self._uart.write(self._view[: 2 + count])

    def _ignore(self, word, is_late):
        return

    def _on_ready(self, _pin):
        count = self._uart.readinto(self._received)
        while count:
            for index in range(count):
                self._take(self._received[index])
            count = self._uart.readinto(self._received)

    def _take(self, byte):
        if byte & 0x80:
            self._header = byte
        elif self._header:
            # Whether it is late is the chip's to say: it alone knows when the word came.
            self.on_word((self._header & 3) << 7 | byte, False)
