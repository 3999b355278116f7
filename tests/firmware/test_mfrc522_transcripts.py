"""The MFRC522 driver frame by frame, as ISO/IEC 14443-3 writes them: what goes out, what is refused."""

import pytest
from drivers.mfrc522 import MFRC522, crc_a
from drivers.reader import BusError, FrameError, ReaderError, ReplyTimeout, SeveralTokens

from terminal_sim.chips import mfrc522 as chip
from tests.terminal_sim.chips.microcontroller import Pin, Spi

SELECT_PIN = 17
SINGLE = bytes.fromhex("DEADBEEF")
DOUBLE = bytes.fromhex("04A1B2C3D4E5F6")
TRIPLE = bytes.fromhex("04112233445566778899")
WUPA, HALT = "52", "500057CD"


class Listener(Spi):
    """The bus; notes each frame that the driver sends to the air, and flips bits of what comes back."""

    def __init__(self, world, chip):
        super().__init__(world.timeline, world.wires, SELECT_PIN, chip)
        self.frames = []
        self.transfers = 0
        self.flip = None
        self._fifo = b""

    def exchange(self, data):
        """Note writes to FIFO and BitFraming, and spoil the one transfer that is to be."""
        register, value = data[0] >> 1, data[1]
        if data[0] == chip.FIFO_LEVEL << 1:
            self._fifo = b""
        elif data[0] == chip.FIFO_DATA << 1:
            self._fifo += bytes([value])
        elif register == chip.BIT_FRAMING and value & 0x80:
            self.frames.append(self._fifo.hex().upper() + ("" if not value & 7 else f"/{value & 7}"))
        answer = bytearray(super().exchange(data))
        if self.flip and self.flip[0] == self.transfers:
            answer[-1] ^= 1 << self.flip[1]
        self.transfers += 1
        return bytes(answer)


class Desk:
    """A started reader and its chip."""

    def __init__(self, world):
        self.world = world
        self.chip = chip.MFRC522Chip(world.timeline)
        self.bus = Listener(world, self.chip)
        self.reader = MFRC522(self.bus, Pin(world.wires, SELECT_PIN))
        world.pass_ms(10)
        world.run(self.reader.start())

    def read(self):
        """Ask once; the frames that went out are in `bus.frames`."""
        self.bus.frames = []
        return self.world.run(self.reader.read_uid())

    def register(self, number):
        """Look at a register beside the driver."""
        self.chip.select(0)
        return self.chip.exchange(bytes([0x80 | number << 1, 0]))[1]


@pytest.fixture
def desk(world):
    return Desk(world)


@pytest.mark.parametrize(("data", "crc"), [("0000", "A01E"), ("1234", "26CF"), ("5000", "57CD")])
def test_crc_a_is_that_of_the_standard(data, crc):
    assert crc_a(bytes.fromhex(data)).hex().upper() == crc


def test_an_empty_field_is_called_twice_and_nothing_else(desk):
    assert desk.read() is None
    assert desk.bus.frames == [WUPA + "/7", WUPA + "/7"]


@pytest.mark.parametrize(
    ("uid", "frames"),
    [
        (SINGLE, ["9320", "9370DEADBEEF22"]),
        (DOUBLE, ["9320", "93708804A1B29F", "9520", "9570C3D4E5F604"]),
        (TRIPLE, ["9320", "937088041122BF", "9520", "957088334455AA", "9720", "97706677889900"]),
    ],
    ids=len,
)
def test_the_cascade_goes_on_as_long_as_the_sak_says_and_the_card_is_halted(desk, uid, frames):
    desk.chip.place(uid)
    assert desk.read() == uid
    sent = [frame if len(frame) == 4 else frame[:-4] for frame in desk.bus.frames[1:-1]]
    assert sent == frames
    assert desk.bus.frames[0] == WUPA + "/7"
    assert desk.bus.frames[-1] == HALT


def test_a_halted_card_is_woken_by_the_next_look(desk):
    desk.chip.place(DOUBLE)
    assert [desk.read(), desk.read()] == [DOUBLE, DOUBLE]
    assert desk.bus.frames.count(WUPA + "/7") == 1


@pytest.mark.parametrize("after_frames", range(6))
@pytest.mark.parametrize("uid", [DOUBLE, TRIPLE], ids=len)
def test_a_token_that_leaves_in_mid_select_is_no_token_or_the_whole_one(desk, uid, after_frames):
    desk.chip.place(uid)
    desk.chip.faults.tag_leaves(after_frames)
    whole_after = 5 if uid == DOUBLE else 7
    assert desk.read() == (uid if after_frames >= whole_after else None)


@pytest.mark.parametrize(("fault", "last_frame"), [("wrong_bcc", "9320"), ("wrong_crc", "93708804A1B29F")])
def test_a_wrong_checksum_from_the_air_ends_the_look_there_and_the_next_one_is_right(desk, fault, last_frame):
    desk.chip.place(DOUBLE)
    getattr(desk.chip.faults, fault)()
    assert desk.read() is None
    assert desk.bus.frames[-1].startswith(last_frame)
    assert desk.read() == DOUBLE


@pytest.mark.parametrize("after_bytes", range(5))
def test_a_torn_answer_is_no_token_and_the_next_look_is_right(desk, after_bytes):
    desk.chip.place(DOUBLE)
    desk.read()
    desk.chip.faults.torn_answer(2)
    desk.chip.faults.torn_answer(after_bytes)
    assert desk.read() is None
    assert desk.read() == DOUBLE


def test_an_answer_whose_last_byte_has_not_come_whole_is_no_answer(desk):
    desk.chip.place(DOUBLE)
    desk.chip.faults.torn_answer(2, last_bits=4)
    assert desk.read() is None
    assert desk.read() == DOUBLE


@pytest.mark.parametrize("error", [0x80, 0x40, 0x28])
def test_an_error_of_the_chip_itself_is_a_failure_and_no_collision(desk, error):
    exchange = desk.bus.exchange
    desk.bus.exchange = lambda data: (
        bytes([0, error]) if data[0] == 0x80 | chip.ERROR << 1 else exchange(data)
    )
    desk.chip.place(DOUBLE)
    with pytest.raises(FrameError, match=f"error register {error:02x}"):
        desk.read()


@pytest.mark.parametrize("instead", [False, True])
def test_an_answer_left_in_the_fifo_is_not_taken_for_the_next_one(desk, instead):
    desk.chip.place(SINGLE)
    desk.read()
    desk.chip.remove()
    desk.chip.place(DOUBLE)
    desk.chip.faults.stale_answer(instead=instead)
    assert desk.read() in (None, DOUBLE)
    assert desk.read() == DOUBLE


def test_a_sak_that_would_end_a_cascade_early_gives_no_short_uid(desk):
    desk.chip.place(DOUBLE)
    desk.chip.faults.wrong_sak(0x00)
    assert desk.read() is None


def test_cards_that_break_the_rules_of_the_cascade_are_no_tokens(desk):
    desk.chip.place(DOUBLE)
    # Complete, although the part begins with the cascade tag: half a UID would be taken for a whole one.
    desk.chip.faults.wrong_sak(0x00, with_its_crc=True)
    assert desk.read() is None
    # To be continued, although there is no cascade tag.
    desk.chip.remove()
    desk.chip.place(SINGLE)
    desk.chip.faults.wrong_sak(0x04, with_its_crc=True)
    assert desk.read() is None
    assert desk.read() == SINGLE


def test_two_tokens_collide_where_they_differ_first(desk):
    desk.chip.place(DOUBLE)
    desk.chip.place(bytes.fromhex("04A1B2C3D4E5F7"))
    with pytest.raises(SeveralTokens):
        desk.read()
    # The first level of the cascade is the same for both; in the second one the 25th bit differs.
    assert desk.bus.frames[-1] == "9520"
    assert desk.register(chip.COLL) == 25


@pytest.mark.parametrize("floating", [0x00, 0xFF])
def test_a_line_that_nobody_drives_is_a_bus_error_and_no_collision(desk, floating):
    desk.chip.place(DOUBLE)
    desk.chip.faults.dead_bus, desk.chip.faults.floating = True, floating
    with pytest.raises(BusError, match=f"version {floating:02x}"):
        desk.read()
    with pytest.raises(BusError, match=f"version {floating:02x}"):
        desk.world.run(desk.reader.start())


def test_during_a_brown_out_the_version_is_00_and_afterwards_the_settings_are_gone(desk):
    desk.chip.place(DOUBLE)
    desk.chip.brown_out(20_000)
    with pytest.raises(BusError, match="version 00"):
        desk.read()
    desk.world.pass_ms(30)
    with pytest.raises(BusError, match="settings are gone"):
        desk.read()
    desk.world.run(desk.reader.start())
    assert desk.read() == DOUBLE


def test_neither_answer_nor_timer_is_a_timeout_after_36_ms(desk):
    desk.chip.faults.never_ready = True
    begun_ms = desk.world.now_ms
    with pytest.raises(ReplyTimeout, match="36 ms"):
        desk.read()
    assert 36 <= desk.world.now_ms - begun_ms <= 40


def test_a_wire_that_is_stuck_is_found_before_any_token_is_believed(desk):
    exchange = desk.bus.exchange
    # MOSI never carries bit 4 of a data byte: the version reads well, and so does everything else.
    desk.bus.exchange = lambda data: exchange(data[:1] + bytes(value & 0xEF for value in data[1:]))
    with pytest.raises(FrameError, match="test of the wires"):
        desk.world.run(desk.reader.start())


def test_whatever_bit_flips_on_the_bus_no_wrong_token_is_read(desk):
    desk.chip.place(DOUBLE)
    desk.bus.transfers = 0
    assert desk.read() == DOUBLE
    spoilt = 0
    for transfer in range(0, desk.bus.transfers, 2):
        desk.bus.flip, desk.bus.transfers = (transfer, transfer % 8), 0
        try:
            answer = desk.read()
        except (ReaderError, SeveralTokens):
            answer = None
        assert answer in (None, DOUBLE)
        spoilt += answer is None
    assert spoilt > 5
    desk.bus.flip = None
    desk.world.run(desk.reader.start())
    assert desk.read() == DOUBLE


def test_a_look_takes_less_than_forty_milliseconds(desk):
    desk.chip.place(TRIPLE)
    begun_ms = desk.world.now_ms
    desk.read()
    assert desk.world.now_ms - begun_ms < 40
