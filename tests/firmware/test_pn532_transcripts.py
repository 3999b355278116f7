"""The PN532 driver byte by byte, as UM0701-02 writes frames: what goes out, comes back, is refused."""

import pytest
from drivers import pn532
from drivers.pn532 import PN532, BusError, FrameError, I2CTransport, ReplyTimeout

ACK = bytes.fromhex("0000FF00FF00")
READY = b"\x01"
BUSY = b"\x00"
LIST_106A = bytes.fromhex("0000FF04FCD44A0200E000")
VERSION = bytes.fromhex("0000FF06FAD50332010607E800")
# NbTg 1, Tg 1, SENS_RES 0044, SEL_RES 00, length 7, UID 04A1B2C3D4E5F6
SEVEN_BYTES = bytes.fromhex("0000FF0FF1D54B0101004400" + "0704A1B2C3D4E5F6" + "CA00")
NO_TARGET = bytes.fromhex("0000FF03FDD54B00E000")


class Transcript:
    """A bus that answers reads from a list and notes what is written.

    Each answer is bytes for one frame that is ready, an exception, or BUSY for ever when the list is empty.
    """

    def __init__(self, *answers):
        self.answers = list(answers)
        self.written = []

    def writeto(self, address, data):
        """Note one write."""
        assert address == 0x24
        self.written.append(bytes(data))

    def readfrom_into(self, address, buffer):
        """Answer one read; reading the ready byte alone takes nothing away."""
        assert address == 0x24
        if not self.answers:
            buffer[:] = BUSY + bytes(len(buffer) - 1)
            return
        answer = self.answers[0]
        if isinstance(answer, Exception):
            self.answers.pop(0)
            raise answer
        if len(buffer) > 1:
            self.answers.pop(0)
        buffer[:] = (READY + answer + b"\xff" * len(buffer))[: len(buffer)]


def read_with(world, *answers):
    bus = Transcript(*answers)
    reader = PN532(I2CTransport(bus))
    return bus, lambda: world.run(reader.read_uid())


def framed(data):
    body = bytes([0xD5, 0x4B, *data])
    return bytes([0, 0, 0xFF, len(body), -len(body) & 0xFF, *body, -sum(body) & 0xFF, 0])


def test_a_command_is_a_normal_information_frame():
    assert bytes(pn532.build_frame(0x4A, b"\x02\x00")) == LIST_106A
    assert bytes(pn532.build_frame(0x02, b"")) == bytes.fromhex("0000FF02FED4022A00")


def test_one_listing_asks_once_and_reads_ack_and_reply(world):
    bus, read = read_with(world, ACK, SEVEN_BYTES)
    assert read() == bytes.fromhex("04A1B2C3D4E5F6")
    assert bus.written == [LIST_106A]


@pytest.mark.parametrize(
    "uid", [bytes.fromhex("DEADBEEF"), bytes.fromhex("04A1B2C3D4E5F6"), bytes.fromhex("04112233445566778899")]
)
def test_uids_of_each_length_come_as_they_are(world, uid):
    _, read = read_with(world, ACK, framed(bytes([1, 1, 0, 4, 8, len(uid)]) + uid))
    assert read() == uid


def test_what_an_iso_14443_4_card_says_behind_its_uid_is_left_alone(world):
    ats = bytes.fromhex("067577810280")
    _, read = read_with(world, ACK, framed(bytes.fromhex("010103442007") + bytes(range(7)) + ats))
    assert read() == bytes(range(7))


def test_zero_targets_is_no_token(world):
    _, read = read_with(world, ACK, NO_TARGET)
    assert read() is None


def spoilt(index, value):
    return SEVEN_BYTES[:index] + bytes([value]) + SEVEN_BYTES[index + 1 :]


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (spoilt(4, 0xF2), "LCS"),
        (spoilt(len(SEVEN_BYTES) - 2, 0x00), "DCS"),
        (spoilt(14, 0xA2), "DCS"),
        (bytes.fromhex("0000FF03FDD44B00E100"), "TFI"),
        (VERSION, "reply 03 to command 4a"),
        (bytes.fromhex("0000FF01FF7F8100"), "syntax error"),
        (b"\xff" * 20, "start code"),
        (SEVEN_BYTES[:9], "DCS"),
        (bytes.fromhex("0000FF7F81D54B"), "length"),
        (bytes.fromhex("0000FFFA06D54B"), "length"),
        (bytes.fromhex("0000FF0000D54B"), "length"),
    ],
)
def test_a_frame_that_is_not_right_in_every_byte_is_never_believed(world, frame, reason):
    bus, read = read_with(world, ACK, frame)
    with pytest.raises(FrameError, match=reason):
        read()
    assert bus.written[-1] == ACK, "the open command is aborted"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (bytes.fromhex("0101004400"), "torn"),
        (bytes.fromhex("010100440005") + bytes(5), "UID"),
        (bytes.fromhex("010100440007") + bytes(4), "UID"),
        (b"", "number of targets"),
    ],
)
def test_a_right_frame_with_target_data_that_makes_no_sense_is_refused(world, data, reason):
    _, read = read_with(world, ACK, framed(data))
    with pytest.raises(FrameError, match=reason):
        read()


def test_every_single_bit_that_flips_in_a_reply_is_noticed(world):
    # Preamble and postamble carry nothing, and FF before the start code is noise that a receiver skips.
    for index in range(3, len(SEVEN_BYTES) - 1):
        for bit in range(8):
            _, read = read_with(world, ACK, spoilt(index, SEVEN_BYTES[index] ^ 1 << bit))
            with pytest.raises(FrameError):
                read()


@pytest.mark.parametrize("ack", [VERSION[:6], bytes.fromhex("0000FFFF0000"), SEVEN_BYTES[:6], b"\xff" * 6])
def test_what_comes_instead_of_an_ack_aborts_the_command(world, ack):
    bus, read = read_with(world, ack)
    with pytest.raises(FrameError, match="no ACK"):
        read()
    assert bus.written[-1] == ACK


def test_a_stale_reply_before_the_ack_is_thrown_away_and_not_taken_for_the_answer(world):
    bus, read = read_with(world, SEVEN_BYTES, ACK, NO_TARGET)
    with pytest.raises(FrameError):
        read()
    assert bus.answers == []


@pytest.mark.parametrize("answers", [(), (ACK,)])
def test_silence_ends_within_half_a_second_with_an_abort(world, answers):
    bus, read = read_with(world, *answers)
    with pytest.raises(ReplyTimeout):
        read()
    assert world.now_ms < 500
    assert bus.written[-1] == ACK


def test_a_chip_that_is_deaf_right_after_a_write_is_asked_again(world):
    _, read = read_with(world, OSError(19), OSError(19), ACK, NO_TARGET)
    assert read() is None


def test_a_dead_bus_is_a_bus_error_within_half_a_second(world):
    _, read = read_with(world, *[OSError(19)] * 1000)
    with pytest.raises(BusError):
        read()
    assert world.now_ms < 500


def test_a_start_aborts_flushes_and_configures_in_this_order(world):
    rf_reply, sam_reply = bytes.fromhex("0000FF02FED533F800"), bytes.fromhex("0000FF02FED5151600")
    stale = SEVEN_BYTES
    bus = Transcript(stale, ACK, VERSION, ACK, sam_reply, ACK, rf_reply)
    # The stale reply is read away by the flush, which ends when nothing more is ready.
    world.run(_start_with_pause_after_flush(bus))
    assert bus.written == [
        ACK,
        bytes.fromhex("0000FF02FED4022A00"),
        bytes.fromhex("0000FF05FBD4140114010200"),
        bytes.fromhex("0000FF06FAD43205FF0101F400"),
    ]


async def _start_with_pause_after_flush(bus):
    later, bus.answers[1:] = bus.answers[1:], []
    write = bus.writeto

    def write_and_answer(address, data):
        write(address, data)
        if bytes(data) != ACK:
            bus.answers.extend(later[:2])
            del later[:2]

    bus.writeto = write_and_answer
    await PN532(I2CTransport(bus)).start()
