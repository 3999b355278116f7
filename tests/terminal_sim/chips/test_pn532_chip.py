"""The PN532 on I2C, as transcripts of the bus: framing, readiness, abort, reset and sleep."""

import pytest

from terminal_sim.chips.bus import Nack
from terminal_sim.chips.pn532 import PN532Chip
from tests.terminal_sim.chips.bench import LIST_ONE, SAM_NORMAL, Host

ACK = "0000FF00FF00"
ERROR = "0000FF01FF7F8100"
FIRMWARE_VERSION = bytes.fromhex("0000FF02FED4022A00")
FIRMWARE_REPLY = "0000FF06FAD50332010607E800"
ABORT = bytes.fromhex("0000FF00FF00")
REPEAT = bytes.fromhex("0000FFFF0000")
UID = bytes.fromhex("04A1B2C3D4E5F6")


def test_get_firmware_version_as_on_the_wire(host):
    host.chip.write(FIRMWARE_VERSION)
    assert host.take() == ACK
    assert host.take() == FIRMWARE_REPLY


def test_each_read_is_led_by_the_ready_byte(host):
    host.chip.write(FIRMWARE_VERSION)
    host.timeline.advance(10_000)
    assert host.chip.read(7).hex() == "01" + ACK.lower()


def test_not_ready_is_a_zero_and_no_frame(host):
    host.chip.write(FIRMWARE_VERSION)
    host.timeline.advance(500)
    assert host.chip.read(1) == b"\x00"
    assert host.chip.read(7) == bytes(7)
    assert host.take() == ACK


def test_reading_the_ready_byte_alone_leaves_the_frame(host):
    host.chip.write(FIRMWARE_VERSION)
    host.timeline.advance(10_000)
    assert [host.chip.read(1) for _ in range(3)] == [b"\x01"] * 3
    assert host.take() == ACK


def test_the_reply_takes_longer_than_the_ack(host):
    host.chip.write(FIRMWARE_VERSION)
    assert host.take() == ACK
    assert host.chip.read(1) == b"\x00"
    host.timeline.advance(5_000)
    assert host.chip.read(1) == b"\x01"


def test_the_chip_does_not_answer_its_address_right_after_a_command(host):
    host.chip.write(FIRMWARE_VERSION)
    with pytest.raises(Nack):
        host.chip.read(1)


def test_reading_past_a_frame_shows_what_the_buffer_held_before(host):
    # The transcript of a real chip, asked for its version twice: rests of command and old reply.
    assert host.ask("02") == "0332010607"
    host.chip.write(FIRMWARE_VERSION)
    host.timeline.advance(1_000)
    assert host.chip.read(13).hex() == "01" + "0000ff00ff00" + "022a010607e8"


def test_a_frame_read_in_part_is_gone_until_the_host_asks_again(host):
    host.chip.write(FIRMWARE_VERSION)
    assert host.take() == ACK
    assert host.wait_ready()
    assert host.chip.read(7).hex().upper() == "01" + FIRMWARE_REPLY[:12]
    host.timeline.advance(5_000)
    assert host.chip.read(1) == b"\x00"
    host.chip.write(REPEAT)
    assert host.take() == FIRMWARE_REPLY


def test_a_nack_from_the_host_brings_the_same_reply_as_often_as_it_is_sent(host):
    assert host.ask("02") == "0332010607"
    for _ in range(3):
        host.chip.write(REPEAT)
        assert host.take() == FIRMWARE_REPLY


def test_an_ack_after_the_reply_changes_nothing(host):
    assert host.ask("02") == "0332010607"
    host.chip.write(ABORT)
    host.timeline.advance(5_000)
    assert host.chip.read(1) == b"\x00"
    assert host.ask("02") == "0332010607"


SENSELESS = ["FF", "00", "4A", "4A0000", "4A0300", "4A0105", "14", "1405", "16", "52"]


@pytest.mark.parametrize("command", SENSELESS)
def test_what_makes_no_sense_is_acknowledged_and_answered_with_the_error_frame(host, command):
    host.send(command)
    assert host.take() == ACK
    assert host.take() == ERROR


@pytest.mark.parametrize("command", ["32", "320100FF", "3205FF01", "3299FF"])
def test_a_wrong_rf_configuration_is_an_error(host, command):
    host.send(command)
    assert host.take() == ACK
    assert host.take() == ERROR


def test_after_an_error_the_chip_works_on(host):
    host.send("FF")
    assert [host.take(), host.take()] == [ACK, ERROR]
    assert host.ask("02") == "0332010607"


@pytest.mark.parametrize("broken", ["0000FF02FFD4022A00", "0000FF02FED4022B00", "0000FF02FED5022900", "0000"])
def test_a_broken_command_is_met_with_silence(host, broken):
    host.chip.write(bytes.fromhex(broken))
    assert not host.wait_ready()


def test_an_empty_write_finds_the_chip_and_does_nothing(host):
    host.chip.write(b"")
    assert not host.wait_ready(at_most_us=10_000)


def test_an_unread_reply_is_what_the_next_command_gets_first(reader):
    reader.chip.place(UID)
    reader.send(LIST_ONE)
    reader.timeline.advance(100_000)
    reader.chip.remove()
    reader.send(SAM_NORMAL)
    assert reader.take() == "0000FF0FF1D54B0101004400" + "07" + UID.hex().upper() + "CA00"
    assert reader.take() == ACK
    assert reader.take() == "0000FF02FED5151600"


def test_only_the_newest_unread_reply_stays(reader):
    for command in (LIST_ONE, "02"):
        reader.send(command)
        reader.timeline.advance(100_000)
    reader.send(SAM_NORMAL)
    assert [reader.take() for _ in range(3)] == [FIRMWARE_REPLY, ACK, "0000FF02FED5151600"]


def test_a_reply_that_was_not_ready_when_the_next_command_came_is_never_sent(reader):
    reader.send("02")
    reader.timeline.advance(1_000)
    reader.send(SAM_NORMAL)
    assert [reader.take() for _ in range(2)] == [ACK, "0000FF02FED5151600"]
    assert not reader.wait_ready()


def test_an_ack_from_the_host_throws_an_unread_reply_away(reader):
    reader.send("02")
    reader.timeline.advance(10_000)
    reader.chip.write(ABORT)
    reader.timeline.advance(10_000)
    assert reader.chip.read(1) == b"\x00"
    assert reader.ask(SAM_NORMAL) == "15"


def test_a_new_command_ends_the_one_that_is_open(host):
    assert host.ask(SAM_NORMAL) == "15"
    host.send(LIST_ONE)
    assert host.take() == ACK
    host.timeline.advance(50_000)
    assert host.ask("02") == "0332010607"
    host.chip.place(UID)
    assert not host.wait_ready()


def test_an_ack_from_the_host_ends_an_open_listing(host):
    assert host.ask(SAM_NORMAL) == "15"
    host.send(LIST_ONE)
    assert host.take() == ACK
    host.timeline.advance(1_000_000)
    assert host.chip.read(1) == b"\x00"
    host.chip.write(ABORT)
    host.chip.place(UID)
    assert not host.wait_ready()


def test_before_its_start_up_time_the_chip_is_not_on_the_bus(chip, timeline):
    with pytest.raises(Nack):
        chip.write(FIRMWARE_VERSION)
    timeline.advance(2_000)
    chip.write(FIRMWARE_VERSION)
    assert Host(chip, timeline).take() == ACK


def test_held_in_reset_the_chip_is_not_on_the_bus(reader):
    reader.chip.reset(0)
    reader.timeline.advance(100_000)
    with pytest.raises(Nack):
        reader.chip.read(1)
    reader.chip.reset(1)
    with pytest.raises(Nack):
        reader.chip.read(1)
    reader.timeline.advance(2_000)
    assert reader.ask("02") == "0332010607"


def test_the_same_reset_level_again_is_no_reset(reader):
    reader.send("02")
    reader.chip.reset(1)
    assert [reader.take(), reader.take()] == [ACK, FIRMWARE_REPLY]


@pytest.mark.parametrize("way", ["reset", "power"])
def test_a_restart_forgets_configuration_targets_and_unread_replies(reader, way):
    reader.chip.place(UID)
    assert reader.ask(LIST_ONE).startswith("4B01")
    reader.send("02")
    reader.timeline.advance(10_000)
    for level in (0, 1):
        getattr(reader.chip, way)(level)
    reader.timeline.advance(10_000)
    assert reader.chip.read(1) == b"\x00"
    assert not reader.chip.field_on
    assert reader.ask("04") == "0500000000"
    # Retries are endless again and the mode is not normal: the listing finds nothing and never ends.
    reader.send(LIST_ONE)
    assert reader.take() == ACK
    assert not reader.wait_ready()


def test_without_power_the_chip_is_not_on_the_bus(reader):
    reader.chip.power(False)
    reader.timeline.advance(100_000)
    with pytest.raises(Nack):
        reader.chip.read(1)


def test_power_that_stays_on_disturbs_nothing(reader):
    reader.send("02")
    reader.chip.power(True)
    assert [reader.take(), reader.take()] == [ACK, FIRMWARE_REPLY]


def test_cards_stay_on_the_reader_while_its_power_fails(reader):
    reader.chip.place(UID)
    reader.chip.power(False)
    reader.chip.power(True)
    reader.timeline.advance(10_000)
    assert reader.ask(SAM_NORMAL) == "15"
    assert reader.ask(LIST_ONE).endswith(UID.hex().upper())


def test_power_down_is_answered_and_then_the_bus_wakes_the_chip(reader):
    reader.chip.place(UID)
    assert reader.ask(LIST_ONE).startswith("4B01")
    assert reader.ask("1680") == "1700"
    assert not reader.chip.field_on
    reader.timeline.advance(1_000_000)
    assert reader.ask(LIST_ONE).startswith("4B01")


def test_a_chip_told_to_wake_by_other_means_is_lost_until_its_reset(reader):
    assert reader.ask("1610") == "1700"
    with pytest.raises(Nack):
        reader.chip.read(1)
    reader.chip.reset(0)
    reader.chip.reset(1)
    reader.timeline.advance(10_000)
    assert reader.ask("02") == "0332010607"


def test_an_impatient_master_loses_the_transfer_that_wakes_the_chip(timeline):
    chip = PN532Chip(timeline, master_patience_us=1_000)
    timeline.advance(10_000)
    with pytest.raises(Nack):
        chip.write(FIRMWARE_VERSION)
    chip.write(FIRMWARE_VERSION)
    assert Host(chip, timeline).take() == ACK
