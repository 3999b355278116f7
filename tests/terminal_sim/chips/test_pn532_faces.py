"""The PN532's SPI and HSU faces as on the wire (UM0701-02, 6.2.3 and 6.2.5)."""

import pytest

from terminal_sim.chips.pn532 import PN532Chip
from terminal_sim.chips.pn532_hsu import PN532HsuFace
from terminal_sim.chips.pn532_spi import PN532SpiFace

ACK = "0000FF00FF00"
FIRMWARE_VERSION = bytes.fromhex("0000FF02FED4022A00")
FIRMWARE_REPLY = "0000FF06FAD50332010607E800"
WAKE_UP = b"\x55\x55" + bytes(14)


def turned(data):
    return bytes(int(f"{value:08b}"[::-1], 2) for value in data)


class SpiBoard:
    """The chip with its select wire held in a hand; bytes as UM0701-02 writes them."""

    def __init__(self, timeline):
        self.timeline = timeline
        self.chip = PN532Chip(timeline, interface="spi")
        self.face = PN532SpiFace(self.chip)

    def transfer(self, data):
        """Exchange bytes in one selection."""
        self.face.select(0)
        answer = turned(self.face.exchange(turned(data)))
        self.face.select(1)
        return answer

    def status(self):
        """Read the status byte."""
        return self.transfer(b"\x02\x00")[1]

    def take(self):
        """Wait for a frame and read it."""
        for _ in range(100):
            if self.status():
                return self.transfer(b"\x03" + bytes(20))[1:].hex().upper()
            self.timeline.advance(500)
        raise AssertionError("the chip never got ready")


@pytest.fixture
def spi(timeline):
    made = SpiBoard(timeline)
    timeline.advance(3_000)
    made.transfer(b"\x02\x00")
    timeline.advance(3_000)
    return made


def test_over_spi_a_status_read_tells_of_a_frame_and_leaves_it(spi):
    spi.transfer(b"\x01" + FIRMWARE_VERSION)
    assert spi.status() == 0x00
    spi.timeline.advance(1_000)
    assert [spi.status(), spi.status()] == [0x01, 0x01]
    assert spi.take().startswith(ACK)
    assert spi.take().startswith(FIRMWARE_REPLY)


def test_over_spi_each_byte_goes_with_its_least_significant_bit_first(spi):
    spi.face.select(0)
    # 01, data write, and the frame; as a logic analyser that knows only the other order shows them.
    spi.face.exchange(bytes.fromhex("80") + bytes.fromhex("0000FF407F2B405400"))
    spi.face.select(1)
    assert spi.take().startswith(ACK)


def test_over_spi_a_frame_counts_when_the_selection_ends(spi):
    spi.face.select(0)
    spi.face.exchange(turned(b"\x01" + FIRMWARE_VERSION))
    spi.timeline.advance(10_000)
    assert not spi.chip.frame_waits
    spi.face.select(1)
    assert spi.take().startswith(ACK)


def test_over_spi_the_selection_wakes_the_chip_and_takes_its_time(timeline):
    board = SpiBoard(timeline)
    timeline.advance(3_000)
    assert board.status() == 0xFF, "nobody drives the line yet"
    timeline.advance(2_000)
    assert board.status() == 0x00


def test_over_spi_without_a_frame_a_data_read_shows_zeros(spi):
    assert spi.transfer(b"\x03" + bytes(6)) == bytes(7)


@pytest.mark.parametrize("off", ["reset", "power"])
def test_over_spi_a_chip_that_is_off_leaves_the_line_to_its_pull_up(spi, off):
    getattr(spi.chip, off)(0)
    assert spi.status() == 0xFF


def test_over_spi_a_torn_frame_ends_in_ff(spi):
    spi.chip.faults.torn_frame(4)
    spi.transfer(b"\x01" + FIRMWARE_VERSION)
    assert spi.take().startswith(ACK)
    assert spi.take()[:12] == "0000FF06FFFF"


class HsuBoard:
    """The chip on a UART; what it sends with the time of each frame."""

    def __init__(self, timeline):
        self.timeline = timeline
        self.chip = PN532Chip(timeline, interface="hsu")
        self.face = PN532HsuFace(self.chip, timeline)
        self.sent = []
        self.face.send = lambda data: self.sent.append(data.hex().upper())


@pytest.fixture
def hsu(timeline):
    made = HsuBoard(timeline)
    timeline.advance(3_000)
    made.face.receive(WAKE_UP)
    timeline.advance(3_000)
    return made


def test_over_hsu_the_chip_sends_ack_and_reply_without_being_asked(hsu):
    hsu.face.receive(FIRMWARE_VERSION)
    hsu.timeline.advance(1_000)
    assert hsu.sent == [ACK]
    hsu.timeline.advance(10_000)
    assert hsu.sent == [ACK, FIRMWARE_REPLY]


def test_over_hsu_a_sleeping_chip_loses_what_comes_before_it_is_awake(timeline):
    board = HsuBoard(timeline)
    timeline.advance(3_000)
    board.face.receive(FIRMWARE_VERSION)
    timeline.advance(10_000)
    board.face.receive(WAKE_UP)
    board.face.receive(FIRMWARE_VERSION)
    timeline.advance(10_000)
    assert board.sent == []
    board.face.receive(FIRMWARE_VERSION)
    timeline.advance(10_000)
    assert board.sent == [ACK, FIRMWARE_REPLY]


def test_over_hsu_a_nack_brings_the_last_frame_again(hsu):
    hsu.face.receive(FIRMWARE_VERSION)
    hsu.timeline.advance(10_000)
    hsu.face.receive(bytes.fromhex("0000FFFF0000"))
    hsu.timeline.advance(10_000)
    assert hsu.sent == [ACK, FIRMWARE_REPLY, FIRMWARE_REPLY]


def test_over_hsu_an_ack_from_the_host_ends_the_command(hsu):
    hsu.face.receive(FIRMWARE_VERSION)
    hsu.timeline.advance(1_000)
    hsu.face.receive(bytes.fromhex(ACK))
    hsu.timeline.advance(10_000)
    assert hsu.sent == [ACK]


def test_over_hsu_a_torn_frame_just_ends(hsu):
    hsu.chip.faults.torn_frame(4)
    hsu.face.receive(FIRMWARE_VERSION)
    hsu.timeline.advance(10_000)
    assert hsu.sent == [ACK, "0000FF06"]
