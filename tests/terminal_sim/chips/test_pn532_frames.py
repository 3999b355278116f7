"""Frames of the PN532 as UM0701-02, 6.2.1 draws them, and every way to damage one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal_sim.chips.pn532_frames import (
    ACK_FRAME,
    NACK_FRAME,
    Acknowledge,
    Command,
    NotAcknowledge,
    information_frame,
    read_host_frame,
    reply_frame,
)

codes = st.integers(0, 255)
parameters = st.binary(max_size=263)


def host_frame(code: int, data: bytes = b"") -> bytes:
    return information_frame(bytes([0xD4, code]) + data)


def test_get_firmware_version_looks_as_in_the_manual():
    assert host_frame(0x02) == bytes.fromhex("00 00FF 02 FE D402 2A 00")


def test_the_answer_to_get_firmware_version_looks_as_in_the_manual():
    frame = reply_frame(0x02, bytes.fromhex("32010607"))
    assert frame == bytes.fromhex("00 00FF 06 FA D503 32010607 E8 00")


def test_more_than_255_bytes_travel_in_an_extended_frame():
    frame = host_frame(0x42, bytes(254))
    assert frame[:8] == bytes.fromhex("00 00FF FFFF 0100 FF")
    assert read_host_frame(frame) == Command(0x42, bytes(254))


@pytest.mark.parametrize("length", [0, 266])
def test_a_frame_that_the_chip_cannot_hold_is_refused(length):
    with pytest.raises(ValueError, match="1 to 265 bytes"):
        information_frame(bytes(length))


@given(code=codes, data=parameters)
def test_every_command_comes_back_as_it_was_framed(code, data):
    assert read_host_frame(host_frame(code, data)) == Command(code, data)


@given(code=codes, data=parameters, zeros=st.integers(0, 20))
def test_a_long_preamble_changes_nothing(code, data, zeros):
    assert read_host_frame(bytes(zeros) + host_frame(code, data)) == Command(code, data)


@given(code=codes, data=st.binary(max_size=40), drawn=st.data())
def test_a_changed_byte_between_start_code_and_postamble_is_never_a_command(code, data, drawn):
    frame = bytearray(host_frame(code, data))
    at = drawn.draw(st.integers(3, len(frame) - 2))
    frame[at] ^= 1 << drawn.draw(st.integers(0, 7))
    assert not isinstance(read_host_frame(bytes(frame)), Command)


@given(code=codes, data=st.binary(max_size=40), drawn=st.data())
def test_a_frame_cut_before_its_checksum_is_nothing(code, data, drawn):
    frame = host_frame(code, data)
    assert read_host_frame(frame[: drawn.draw(st.integers(0, len(frame) - 2))]) is None


def test_the_postamble_may_be_missing():
    assert read_host_frame(host_frame(0x02)[:-1]) == Command(0x02, b"")


def test_ack_and_nack_are_told_apart():
    assert read_host_frame(ACK_FRAME) == Acknowledge()
    assert read_host_frame(NACK_FRAME) == NotAcknowledge()


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("", id="nothing"),
        pytest.param("00 00 00", id="no start code"),
        pytest.param("00 00FF", id="start code alone"),
        pytest.param("00 00FF FFFF", id="extended marker alone"),
        pytest.param("00 00FF FFFF 0002 FF D402 2A 00", id="wrong LCS of an extended frame"),
        pytest.param("00 00FF 02FE D502 29 00", id="the chip's own TFI"),
        pytest.param("00 00FF 01FF D4 2C 00", id="no command code"),
    ],
)
def test_what_is_no_frame_is_not_heard(written):
    assert read_host_frame(bytes.fromhex(written)) is None


def test_a_short_command_may_come_in_an_extended_frame():
    assert read_host_frame(bytes.fromhex("00 00FF FFFF 0002 FE D402 2A 00")) == Command(0x02, b"")
