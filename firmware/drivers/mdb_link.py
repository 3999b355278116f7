"""The vending bus: nine-bit words become blocks, answers become bytes (MDB/ICP 4.2, section 2)."""

from micropython import const

from drivers import mdb_messages as mdb

_NOTHING_SENT = const(-3)
_ACK_BLOCK = b"\x00"


class Link:
    """Hears every word on the bus, and answers the blocks that are for this device, or nothing.

    `on_word` is called by the transport for each word, from an interrupt handler: nothing in it allocates.
    The transport's `send(block, count)` begins to send at once and sets the mode bit on the last byte alone.
    A block that is torn, spoilt or late is not answered, and as if it had not been heard: the master repeats
    it. There is no NAK.
    """

    def __init__(self, transport, session):
        self._transport = transport
        self._session = session
        self._block = bytearray(mdb.LONGEST_BLOCK)
        self._count = 0
        self._length = 0
        self._sent = _NOTHING_SENT
        self._last = bytearray(mdb.LONGEST_BLOCK)
        self._last_count = 0
        self._last_answer = mdb.ACK_ONLY
        self.spoilt = 0
        self.late = 0
        transport.on_word = self.on_word

    def on_word(self, word, is_late):
        """Take a word; `is_late` when more than 4 ms have passed since it ended."""
        if word & mdb.SPOILT:
            self._give_up()
        elif word & mdb.MODE:
            # Each address byte begins a block, and whatever was before it is over.
            self._sent = _NOTHING_SENT
            self._count = 0
            self._length = mdb.LONGEST_BLOCK if word & 0xF8 == mdb.ADDRESS else 0
            self._take(word & 0xFF, is_late)
        elif self._sent != _NOTHING_SENT:
            self._take_reply(word, is_late)
        else:
            self._take(word, is_late)

    def _take_reply(self, word, is_late):
        sent, self._sent = self._sent, _NOTHING_SENT
        if word == mdb.ACK:
            if sent >= 0:
                self._session.on_heard(sent)
        elif word == mdb.RET and not is_late:
            self._send(sent)

    def _take(self, byte, is_late):
        if not self._length:
            return
        count = self._count
        self._block[count] = byte
        self._count = count = count + 1
        if count == 1:
            self._length = mdb.length_of(byte & 7, -1)
        elif count == 2:
            self._length = mdb.length_of(self._block[0] & 7, byte)
        if count != self._length:
            return
        self._length = 0
        if not self._is_whole(count):
            self.spoilt += 1
        elif is_late:
            self.late += 1
        else:
            self._send(self._answer(count))

    def _answer(self, count):
        block, last = self._block, self._last
        if block[0] & 7 == mdb.POLL:
            self._last_count = 0
            return self._session.on_block(block)
        index = 0
        while index < count and block[index] == last[index]:
            index += 1
        if index == count == self._last_count:
            # The master has not heard our answer; what it asked for is done already.
            return self._last_answer
        self._last_answer = self._session.on_block(block)
        for index in range(count):
            last[index] = block[index]
        self._last_count = count
        return self._last_answer

    def _is_whole(self, count):
        total = 0
        for index in range(count - 1):
            total += self._block[index]
        return total & 0xFF == self._block[count - 1]

    def _give_up(self):
        if self._length:
            self.spoilt += 1
        self._length = 0
        self._sent = _NOTHING_SENT

    def _send(self, answer):
        self._sent = answer
        if answer == mdb.ACK_ONLY:
            self._transport.send(_ACK_BLOCK, 1)
            return
        self._session.on_sent(answer)
        answers = self._session.answers
        self._transport.send(answers.blocks[answer], answers.lengths[answer])
