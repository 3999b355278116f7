"""What each armed fault of the reader looks like on the bus, and that it ends."""

import pytest

from terminal_sim.chips.bus import Nack
from terminal_sim.chips.pn532_faults import StretchedTooLong
from tests.terminal_sim.chips.bench import LIST_ONE, SAM_NORMAL

ACK = "0000FF00FF00"
FIRMWARE_REPLY = "0000FF06FAD50332010607E800"


def first_reply(reader) -> str:
    reader.send("02")
    assert reader.take() == ACK
    assert reader.wait_ready()
    return reader.chip.read(14)[1:].hex().upper()


@pytest.mark.parametrize("after_bytes", [0, 1, 4, 6, 11])
def test_a_torn_frame_goes_on_as_the_released_bus(reader, after_bytes):
    reader.chip.faults.torn_frame(after_bytes)
    assert first_reply(reader) == FIRMWARE_REPLY[: 2 * after_bytes].ljust(26, "F")
    assert first_reply(reader) == FIRMWARE_REPLY


def test_a_torn_frame_is_whole_when_the_host_asks_again(reader):
    reader.chip.faults.torn_frame(5)
    first_reply(reader)
    reader.chip.write(bytes.fromhex("0000FFFF0000"))
    assert reader.take() == FIRMWARE_REPLY


def test_a_torn_ack_leaves_the_reply_whole(reader):
    reader.chip.faults.torn_frame(3, acks=True)
    reader.send("02")
    assert reader.wait_ready()
    assert reader.chip.read(7).hex().upper() == "01" + "0000FF" + "FFFFFF"
    assert reader.take() == FIRMWARE_REPLY


@pytest.mark.parametrize(
    ("fault", "frame"),
    [
        ("wrong_lcs", "0000FF06FBD50332010607E800"),
        ("wrong_dcs", "0000FF06FAD50332010607E900"),
        ("wrong_tfi", "0000FF06FAD40332010607E900"),
    ],
)
def test_one_byte_is_wrong_and_all_others_are_right(reader, fault, frame):
    getattr(reader.chip.faults, fault)(frames=2)
    assert [first_reply(reader) for _ in range(3)] == [frame, frame, FIRMWARE_REPLY]


def test_a_stale_reply_comes_before_the_ack(reader):
    reader.chip.faults.stale_reply()
    reader.send("02")
    assert [reader.take() for _ in range(3)] == ["0000FF02FED533F800", ACK, FIRMWARE_REPLY]
    assert reader.ask("02") == "0332010607"


def test_any_frame_may_be_the_stale_one(reader):
    reader.chip.faults.stale_reply(bytes.fromhex("0000FF03FDD54B00E000"))
    reader.send("02")
    assert [reader.take() for _ in range(2)] == ["0000FF03FDD54B00E000", ACK]


def test_an_ack_is_never_the_stale_reply(reader):
    reader.send("02")
    assert reader.take() == ACK
    reader.chip.write(bytes.fromhex(ACK))
    reader.timeline.advance(1_000)
    reader.chip.faults.stale_reply()
    reader.send("02")
    assert reader.take() == "0000FF02FED533F800"


def test_a_stale_reply_may_come_behind_the_ack(reader):
    reader.chip.faults.stale_reply(behind_ack=True)
    reader.send("02")
    assert [reader.take() for _ in range(3)] == [ACK, "0000FF02FED533F800", FIRMWARE_REPLY]


def test_a_chip_that_never_sent_a_reply_has_no_stale_one(host):
    host.chip.faults.stale_reply()
    assert host.ask("02") == "0332010607"


def test_nacks_last_for_as_many_transfers_as_were_armed(reader):
    reader.chip.faults.nack(transfers=2)
    for _ in range(2):
        with pytest.raises(Nack):
            reader.send("02")
    assert reader.ask("02") == "0332010607"


def test_a_dead_bus_stays_dead_until_it_is_well(reader):
    reader.chip.faults.dead_bus = True
    for _ in range(10):
        with pytest.raises(Nack):
            reader.chip.read(1)
    reader.chip.faults.clear()
    assert reader.ask("02") == "0332010607"


def test_a_chip_that_is_never_ready_still_answers_its_address(reader):
    reader.chip.faults.never_ready = True
    reader.send("02")
    assert not reader.wait_ready()
    reader.chip.faults.never_ready = False
    assert [reader.take(), reader.take()] == [ACK, FIRMWARE_REPLY]


def test_a_clock_held_longer_than_the_master_waits_fails_the_transfer(reader):
    reader.chip.faults.stretch_clock(49_000)
    reader.chip.read(1)
    reader.chip.faults.stretch_clock(51_000, transfers=2)
    for _ in range(2):
        with pytest.raises(StretchedTooLong):
            reader.chip.read(1)
    assert reader.ask("02") == "0332010607"


def test_a_busier_chip_acknowledges_in_time_and_answers_later(reader):
    reader.chip.faults.busy_longer(300_000)
    reader.send("02")
    assert reader.take() == ACK
    assert not reader.wait_ready(at_most_us=290_000)
    assert reader.take() == FIRMWARE_REPLY
    begun_us = reader.timeline.now_us()
    reader.ask("02")
    assert reader.timeline.now_us() - begun_us < 10_000


def test_a_late_listing_is_the_stale_reply_of_the_next_one(reader):
    reader.chip.place(bytes.fromhex("DEADBEEF"))
    reader.chip.faults.busy_longer(100_000)
    reader.send(LIST_ONE)
    assert reader.take() == ACK
    assert not reader.wait_ready(at_most_us=50_000)
    reader.timeline.advance(100_000)
    reader.chip.remove()
    reader.send(LIST_ONE)
    assert reader.take()[12:-4] == "4B0101000408" + "04DEADBEEF"
    assert reader.take() == ACK
    assert reader.take()[12:-4] == "4B00"


def test_clearing_disarms_everything(reader):
    faults = reader.chip.faults
    faults.torn_frame(2)
    faults.torn_frame(2, acks=True)
    faults.wrong_dcs()
    faults.stale_reply()
    faults.nack(3)
    faults.stretch_clock(99_000)
    faults.busy_longer(900_000)
    faults.tag_leaves(0)
    faults.never_ready = True
    faults.clear()
    reader.chip.place(bytes.fromhex("DEADBEEF"))
    assert reader.ask(SAM_NORMAL) == "15"
    assert reader.ask(LIST_ONE).startswith("4B01")
