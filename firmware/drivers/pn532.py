"""The PN532 reader: frames and commands of UM0701-02, apart from the transports that carry them.

I2C is here; SPI and HSU are in pn532_spi.py and pn532_hsu.py, as a board has one of the three. A transport
has wake(), write(frame), ready() and read_into(buffer), whose first byte is the ready byte.
"""

from micropython import const

from drivers.reader import BusError, FrameError, Reader, ReaderError, ReplyTimeout, SeveralTokens
from system import compat

_ADDRESS = const(0x24)
_READY = const(0x01)
_TO_PN532 = const(0xD4)
_FROM_PN532 = const(0xD5)
_ERROR_TFI = const(0x7F)

_GET_FIRMWARE_VERSION = const(0x02)
_SAM_CONFIGURATION = const(0x14)
_RF_CONFIGURATION = const(0x32)
_IN_LIST_PASSIVE_TARGET = const(0x4A)

_ACK = b"\x00\x00\xff\x00\xff\x00"
# Ready byte, header, two targets with UIDs of ten bytes and the longest ATS that cards of daily life send.
_LONGEST_READ = const(80)
_ACK_TIMEOUT_MS = const(60)
_REPLY_TIMEOUT_MS = const(400)
_POLL_MS = const(3)
# MxRtyPassiveActivation: the chip tries once more and then reports zero targets. FF would mean for ever.
_ACTIVATION_RETRIES = const(1)


class I2CTransport:
    """Frames over I2C (6.2.4): a ready byte leads every read."""

    def __init__(self, bus, address=_ADDRESS):
        self._bus = bus
        self._address = address
        self._status = bytearray(1)

    async def wake(self):
        """Do nothing: the address wakes the chip, which holds the clock until it is there."""

    def write(self, frame):
        """Send one frame; BusError when the chip does not acknowledge."""
        try:
            self._bus.writeto(self._address, frame)
        except OSError as error:
            raise BusError(f"no answer on I2C: {error!r}")

    def ready(self):
        """Tell whether a frame waits; BusError when the chip does not acknowledge."""
        try:
            self._bus.readfrom_into(self._address, self._status)
        except OSError as error:
            raise BusError(f"no answer on I2C: {error!r}")
        return self._status[0] & _READY

    def read_into(self, buffer):
        """Fill the buffer with the ready byte and a frame; BusError, or FrameError when none waits."""
        try:
            self._bus.readfrom_into(self._address, buffer)
        except OSError as error:
            raise BusError(f"no answer on I2C: {error!r}")
        if not buffer[0] & _READY:
            raise FrameError("not ready")


def build_frame(command, parameters):
    """Return the normal information frame (6.2.1.1) of one command."""
    length = len(parameters) + 2
    frame = bytearray(length + 7)
    frame[2] = 0xFF
    frame[3] = length
    frame[4] = -length & 0xFF
    frame[5] = _TO_PN532
    frame[6] = command
    frame[7 : 5 + length] = parameters
    frame[5 + length] = -sum(frame[5 : 5 + length]) & 0xFF
    return frame


def parse_frame(frame, command):
    """Return a copy of the reply's data, behind the command code.

    FrameError when preamble, LCS, DCS, TFI or the code (command + 1) is wrong, or the frame is longer
    than what was read: a reply to an earlier command is never taken for this one's.
    """
    start = bytes(frame[:12]).find(b"\x00\xff")
    if start < 0 or start + 4 > len(frame):
        raise FrameError("no start code")
    length = frame[start + 2]
    if (length + frame[start + 3]) & 0xFF:
        raise FrameError("wrong LCS")
    body = bytes(frame[start + 4 : start + 5 + length])
    if not length or len(body) <= length:
        raise FrameError(f"length {length} does not fit")
    if sum(body) & 0xFF:
        raise FrameError("wrong DCS")
    if length == 1 and body[0] == _ERROR_TFI:
        raise FrameError("the chip reports a syntax error")
    if length < 2 or body[0] != _FROM_PN532:
        raise FrameError(f"wrong TFI {body[0]:02x}")
    if body[1] != command + 1:
        raise FrameError(f"reply {body[1]:02x} to command {command:02x}")
    return body[2:length]


def parse_targets(data):
    """Return the UID in InListPassiveTarget's reply (7.3.5), or None when it lists no target.

    SeveralTokens when it lists two: it could list more if it had room, and takes whichever it likes first.
    """
    if not data:
        raise FrameError("no number of targets")
    if not data[0]:
        return None
    if data[0] > 1:
        raise SeveralTokens
    # NbTg, Tg, SENS_RES (2), SEL_RES, NFCIDLength, NFCID1
    if len(data) < 6:
        raise FrameError("target data torn")
    uid = bytes(data[6 : 6 + data[5]])
    if data[5] not in (4, 7, 10) or len(uid) != data[5]:
        raise FrameError(f"UID of {data[5]} bytes, {len(uid)} given")
    return uid


class PN532(Reader):
    """One reader. Every wait is bounded; every failure is a ReaderError, after which start() mends.

    Give the transport and, where they are wired, the pin on RSTPDn (low = reset) and the supply's switch.
    """

    def __init__(self, transport, reset_pin=None, power_pin=None):
        super().__init__(reset_pin, power_pin)
        self._transport = transport
        self._buffer = bytearray(_LONGEST_READ)
        self._view = memoryview(self._buffer)

    async def start(self):
        """Bring the chip from any state to a configured one; ReaderError when it does not answer."""
        await self._transport.wake()
        await self._abort()
        version = await self._command(_GET_FIRMWARE_VERSION, b"")
        if len(version) < 4:
            raise FrameError("firmware version torn")
        self.version = f"PN5{version[0]:02x} {version[1]}.{version[2]}"
        # Normal mode, time-out unused, P70_IRQ driven (7.2.10).
        await self._command(_SAM_CONFIGURATION, b"\x01\x14\x01")
        # MaxRetries (7.3.1): MxRtyATR, MxRtyPSL, MxRtyPassiveActivation.
        await self._command(_RF_CONFIGURATION, bytes((0x05, 0xFF, 0x01, _ACTIVATION_RETRIES)))

    async def read_uid(self):
        """Return the UID of the token on the antenna, or None: zero targets is no error."""
        # MaxTg 2 and 106 kbps type A: asked for one, the chip would hide that there are two.
        return parse_targets(await self._command(_IN_LIST_PASSIVE_TARGET, b"\x02\x00"))

    async def restart_field(self):
        """Switch the field off and on: a card that was left in ACTIVE or HALT answers again."""
        await self._command(_RF_CONFIGURATION, b"\x01\x00")
        await self._command(_RF_CONFIGURATION, b"\x01\x01")

    async def _command(self, command, parameters):
        try:
            self._transport.write(build_frame(command, parameters))
            await self._wait_ready(_ACK_TIMEOUT_MS)
            self._take_ack()
            await self._wait_ready(_REPLY_TIMEOUT_MS)
            self._transport.read_into(self._buffer)
            return parse_frame(self._view[1:], command)
        except ReaderError:
            await self._abort()
            raise

    def _take_ack(self):
        ack = self._view[:7]
        self._transport.read_into(ack)
        if bytes(ack[1:]) != _ACK:
            raise FrameError("no ACK")

    async def _wait_ready(self, timeout_ms):
        # Right after a write the chip may not acknowledge its address (6.2.4), so that alone is no failure.
        started = compat.ticks_ms()
        while True:
            await compat.sleep_ms(_POLL_MS)
            is_late = compat.ticks_diff(compat.ticks_ms(), started) >= timeout_ms
            try:
                if self._transport.ready():
                    return
            except BusError:
                if is_late:
                    raise
            if is_late:
                raise ReplyTimeout(f"not ready after {timeout_ms} ms")

    async def _abort(self):
        # An ACK from the host ends the open command (6.2.1.3); else the next one would read its reply.
        try:
            self._transport.write(_ACK)
            for _ in range(3):
                await compat.sleep_ms(_POLL_MS)
                if not self._transport.ready():
                    return
                self._transport.read_into(self._buffer)
        except ReaderError:
            return
