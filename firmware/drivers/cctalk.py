"""ccTalk (generic specification 4.7): messages, both checksums, and the half-duplex line with its echo."""

from micropython import const

from system import compat

_HOST = const(1)
_REPLY = const(0)
# The frame around the data: destination, length, source, header, checksum.
_FRAME = const(5)
_LONGEST = const(64)
_LOOK_MS = const(2)
# 9600 baud, eight bits, one stop bit: a byte takes a little more than a millisecond.
_ECHO_MS = const(60)
_FIRST_BYTE_MS = const(120)
_NEXT_BYTE_MS = const(50)
# What is late is over when the line has rested for so long; a line that never rests is tried anyway.
_REST_MS = const(60)
_LONGEST_REST_MS = const(400)
_TRIES = const(3)


class CcTalkError(Exception):
    """The peripheral gave no usable answer: none, a damaged one, or one on top of which another one spoke."""


def crc16(data, crc=0):
    """Return the CRC-CCITT of part 1, 9.2: polynomial x^16 + x^12 + x^5 + 1, begun with 0."""
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc


def message(address, header, data=b"", uses_crc=False):
    """Return the bytes of a command, with the simple checksum or the CRC-16 (part 1, 5 and 9)."""
    head = bytes((address, len(data)))
    tail = bytes((header,)) + data
    if uses_crc:
        # The low byte of the CRC stands in the place of the source; the peripheral answers address 1.
        crc = crc16(head + tail)
        return head + bytes((crc & 0xFF,)) + tail + bytes((crc >> 8,))
    body = head + bytes((_HOST,)) + tail
    return body + bytes((-sum(body) & 0xFF,))


def reply_data(raw, address, uses_crc=False):
    """Return the data of a peripheral's whole answer; raises CcTalkError."""
    if raw[0] != _HOST:
        raise CcTalkError(f"an answer to address {raw[0]}")
    if uses_crc:
        if crc16(raw[3:-1], crc16(raw[:2])) != raw[2] | raw[-1] << 8:
            raise CcTalkError("wrong CRC")
    elif sum(raw) & 0xFF:
        raise CcTalkError("wrong checksum")
    elif raw[2] != address:
        raise CcTalkError(f"an answer of address {raw[2]}")
    if raw[3] != _REPLY:
        raise CcTalkError(f"refused with {raw[3]}")
    return bytes(raw[4:-1])


class CcTalkLine:
    """One peripheral at the far end of one wire, behind a UART with write(), any() and readinto().

    `uses_crc` says which checksum it wants. A question is asked three times at most; that is safe, because
    no question here means another thing the second time.
    """

    def __init__(self, uart, address=2):
        self._uart = uart
        self._address = address
        self.uses_crc = False
        self._buffer = bytearray(_LONGEST)
        self._view = memoryview(self._buffer)

    async def ask(self, header, data=b"", length=0):
        """Return the answer's data, `length` bytes or any when None; raises CcTalkError after three tries."""
        failure = None
        for _ in range(_TRIES):
            try:
                return await self._exchange(header, data, length)
            except CcTalkError as error:
                failure = error
                await self._rest()
        raise failure

    async def _exchange(self, header, data, length):
        self._drop()
        sent = message(self._address, header, data, self.uses_crc)
        self._uart.write(sent)
        # Part 1, 4: one wire for both directions, so the host reads back what it sends.
        if await self._read(0, len(sent), _ECHO_MS) < len(sent):
            raise CcTalkError("no echo")
        if self._view[: len(sent)] != sent:
            raise CcTalkError("the echo is not what was sent")
        if await self._read(0, _FRAME, _FIRST_BYTE_MS) < _FRAME:
            raise CcTalkError("no answer")
        count = _FRAME + self._buffer[1]
        if count > _LONGEST:
            raise CcTalkError(f"an answer of {count} bytes")
        if await self._read(_FRAME, count, _NEXT_BYTE_MS) < count:
            raise CcTalkError("a torn answer")
        answer = reply_data(self._view[:count], self._address, self.uses_crc)
        if length is not None and len(answer) != length:
            raise CcTalkError(f"{len(answer)} bytes where {length} belong")
        return answer

    async def _read(self, start, end, patience_ms):
        # Reads up to `end` of the buffer; returns how far it came before the line fell silent.
        heard_ms = compat.ticks_ms()
        while start < end:
            # Time is up only when nothing has come since: another task may have kept the processor.
            is_late = compat.ticks_diff(compat.ticks_ms(), heard_ms) > patience_ms
            count = self._uart.any()
            if count:
                start += self._uart.readinto(self._view[start : min(end, start + count)]) or 0
                heard_ms, patience_ms = compat.ticks_ms(), _NEXT_BYTE_MS
            elif is_late:
                break
            else:
                await compat.sleep_ms(_LOOK_MS)
        return start

    def _drop(self):
        # What came unasked; a device that sends without end must not hold this task.
        for _ in range(_LONGEST):
            if not self._uart.any():
                return
            self._uart.readinto(self._view)

    async def _rest(self):
        began = heard = compat.ticks_ms()
        while compat.ticks_diff(compat.ticks_ms(), heard) < _REST_MS:
            if self._uart.any():
                self._drop()
                heard = compat.ticks_ms()
            if compat.ticks_diff(compat.ticks_ms(), began) > _LONGEST_REST_MS:
                return
            await compat.sleep_ms(_LOOK_MS)
