"""The firmware's reader driver against the chip: what is promised of it under each fault of the bus."""

import pytest
from drivers import pn532
from drivers.reader import SeveralTokens
from hypothesis import given, settings
from hypothesis import strategies as st

from terminal_sim.chips.pn532_frames import reply_frame
from tests.terminal_sim.chips.desk import READER_ADDRESS, Desk

SINGLE = bytes.fromhex("DEADBEEF")
DOUBLE = bytes.fromhex("04A1B2C3D4E5F6")
TRIPLE = bytes.fromhex("04112233445566778899")


@pytest.fixture
def started(desk):
    desk.run(desk.reader.start())
    return desk


def failed(answer):
    return isinstance(answer, pn532.ReaderError)


def test_the_driver_starts_a_fresh_chip_and_knows_its_version(desk):
    desk.run(desk.reader.start())
    assert desk.reader.version == "PN532 1.6"


def test_no_token_is_no_error(started):
    assert started.read() is None


@pytest.mark.parametrize("uid", [SINGLE, DOUBLE, TRIPLE])
def test_a_token_is_read_whole_as_often_as_asked(started, uid):
    started.chip.place(uid)
    assert [started.read() for _ in range(5)] == [uid] * 5
    started.chip.remove()
    assert started.read() is None


def test_two_tokens_are_no_token_until_one_of_them_is_taken_away(started):
    started.chip.place(SINGLE)
    started.chip.place(DOUBLE)
    for _ in range(3):
        with pytest.raises(SeveralTokens):
            started.read()
    started.chip.remove(SINGLE)
    assert started.read() == DOUBLE


def test_a_token_gone_in_mid_read_is_no_token(started):
    started.chip.place(DOUBLE)
    started.chip.faults.tag_leaves(after_us=3_000)
    assert started.read() is None


@pytest.mark.parametrize("after_bytes", range(21))
def test_a_frame_torn_anywhere_is_an_error_and_the_next_read_is_right(started, after_bytes):
    started.chip.place(DOUBLE)
    started.chip.faults.torn_frame(after_bytes)
    assert failed(started.read())
    assert started.read() == DOUBLE


@pytest.mark.parametrize("after_bytes", range(6))
def test_a_torn_ack_is_an_error_and_the_next_read_is_right(started, after_bytes):
    started.chip.place(DOUBLE)
    started.chip.faults.torn_frame(after_bytes, acks=True)
    assert failed(started.read())
    assert started.read() == DOUBLE


@pytest.mark.parametrize("fault", ["wrong_lcs", "wrong_dcs", "wrong_tfi"])
def test_a_frame_with_one_wrong_byte_is_an_error_and_the_next_read_is_right(started, fault):
    started.chip.place(DOUBLE)
    getattr(started.chip.faults, fault)()
    assert failed(started.read())
    assert started.read() == DOUBLE


def test_a_reply_left_by_a_restarted_microcontroller_is_not_believed(started):
    started.chip.place(SINGLE)
    started.bus.writeto(READER_ADDRESS, pn532.build_frame(0x4A, b"\x01\x00"))
    started.pass_time(100)
    started.chip.remove()
    started.chip.place(DOUBLE)
    started.reader = started.new_reader()
    started.run(started.reader.start())
    assert started.read() == DOUBLE


def test_without_a_new_start_a_stale_listing_is_an_error_and_not_a_token(started):
    started.chip.place(SINGLE)
    started.bus.writeto(READER_ADDRESS, pn532.build_frame(0x4A, b"\x01\x00"))
    started.pass_time(100)
    started.chip.remove()
    assert failed(started.read())
    assert started.read() is None


def test_any_stale_reply_is_an_error_and_the_next_read_is_right(started):
    started.chip.place(DOUBLE)
    assert started.read() == DOUBLE
    started.chip.remove()
    started.chip.faults.stale_reply()
    assert failed(started.read())
    assert started.read() is None


def test_the_reply_to_another_command_is_an_error_even_behind_the_right_ack(started):
    started.chip.place(DOUBLE)
    # What InSelect would answer, with data that reads as a listed target.
    other_reply = reply_frame(0x54, bytes.fromhex("01 01 0004 08 04 DEADBEEF"))
    started.chip.faults.stale_reply(other_reply, behind_ack=True)
    assert failed(started.read())
    assert started.read() == DOUBLE


@pytest.mark.parametrize("transfers", [1, 2, 3, 5, 9])
def test_transfers_without_acknowledge_never_make_a_token_up(started, transfers):
    started.chip.place(DOUBLE)
    started.chip.faults.nack(transfers)
    answers = [started.read() for _ in range(6)]
    assert all(failed(answer) or answer == DOUBLE for answer in answers)
    assert answers[-1] == DOUBLE


def test_a_dead_bus_is_reported_as_often_as_asked_and_ends(started):
    started.chip.place(DOUBLE)
    started.chip.faults.dead_bus = True
    assert [type(started.read()) for _ in range(3)] == [pn532.BusError] * 3
    started.chip.faults.dead_bus = False
    assert started.read() == DOUBLE


def test_a_chip_that_is_never_ready_is_a_timeout(started):
    started.chip.place(DOUBLE)
    started.chip.faults.never_ready = True
    assert isinstance(started.read(), pn532.ReplyTimeout)
    started.chip.faults.never_ready = False
    assert started.read() == DOUBLE


def test_a_reply_that_comes_too_late_is_not_the_next_answer(started):
    started.chip.place(SINGLE)
    started.chip.faults.busy_longer(600_000)
    assert isinstance(started.read(), pn532.ReplyTimeout)
    started.chip.remove()
    started.pass_time(1_000)
    assert started.read() is None


def test_a_slower_chip_is_waited_for(started):
    started.chip.place(DOUBLE)
    started.chip.faults.busy_longer(200_000)
    assert started.read() == DOUBLE


@pytest.mark.parametrize("transfers", [1, 4])
def test_a_clock_stretched_too_long_costs_one_read_at_most(started, transfers):
    started.chip.place(DOUBLE)
    started.chip.faults.stretch_clock(80_000, transfers=transfers)
    answers = [started.read() for _ in range(3)]
    assert all(failed(answer) or answer == DOUBLE for answer in answers)
    assert answers[-1] == DOUBLE


def test_a_chip_that_lost_its_power_is_noticed_and_mended_by_a_start(started):
    started.chip.place(DOUBLE)
    started.chip.power(False)
    started.chip.power(True)
    started.pass_time(10)
    assert failed(started.read())
    started.run(started.reader.start())
    assert started.read() == DOUBLE


def test_the_reset_pin_brings_a_sleeping_chip_back(started):
    started.chip.place(DOUBLE)
    started.bus.writeto(READER_ADDRESS, pn532.build_frame(0x16, b"\x10"))
    for length in (7, 10):
        started.pass_time(5)
        started.bus.readfrom_into(READER_ADDRESS, bytearray(length))
    assert failed(started.read())
    started.run(started.reader.hard_reset())
    started.run(started.reader.start())
    assert started.read() == DOUBLE


def test_restarting_the_field_keeps_the_reader_working(started):
    started.chip.place(DOUBLE)
    started.run(started.reader.restart_field())
    assert started.read() == DOUBLE


FAULTS = st.one_of(
    st.tuples(st.just("torn_frame"), st.integers(0, 22)),
    st.tuples(st.sampled_from(["wrong_lcs", "wrong_dcs", "wrong_tfi", "stale_reply"])),
    st.tuples(st.just("nack"), st.integers(1, 8)),
    st.tuples(st.just("stretch_clock"), st.just(90_000)),
    st.tuples(st.just("busy_longer"), st.integers(0, 900_000)),
    st.tuples(st.just("tag_leaves"), st.integers(0, 20_000)),
)
TOKENS = st.sampled_from([None, SINGLE, DOUBLE, TRIPLE])


@settings(max_examples=60)
@given(st.lists(st.tuples(TOKENS, st.lists(FAULTS, max_size=3)), min_size=1, max_size=6))
def test_under_any_mixture_of_faults_no_token_is_read_that_was_not_there(visits):
    desk = Desk()
    try:
        desk.pass_time(100)
        desk.run(desk.reader.start())
        for token, faults in visits:
            desk.chip.remove()
            if token:
                desk.chip.place(token)
            for name, *arguments in faults:
                getattr(desk.chip.faults, name)(*arguments)
            answer = desk.read()
            assert answer is None or failed(answer) or answer == token
        desk.chip.faults.clear()
        desk.run(desk.reader.start())
        desk.chip.remove()
        desk.chip.place(DOUBLE)
        assert desk.read() == DOUBLE
    finally:
        desk.loop.close()
