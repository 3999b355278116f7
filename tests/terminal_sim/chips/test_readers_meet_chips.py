"""What is promised of a reader, whichever it is: the same for each driver against its chip."""

import pytest
from cards.presence import Presence
from cards.uid import SEVERAL
from drivers.reader import ReaderError, SeveralTokens
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.firmware.world import no_beat
from tests.terminal_sim.chips.reader_desk import READERS, ReaderDesk

SINGLE = bytes.fromhex("DEADBEEF")
DOUBLE = bytes.fromhex("04A1B2C3D4E5F6")
TRIPLE = bytes.fromhex("04112233445566778899")
# As DOUBLE up to the last byte: the first level of the cascade cannot tell them apart.
NEIGHBOUR = bytes.fromhex("04A1B2C3D4E5F7")


@pytest.fixture(params=READERS)
def desk(request):
    made = ReaderDesk(request.param)
    made.pass_time(100)
    yield made
    made.loop.close()


@pytest.fixture
def started(desk):
    desk.start()
    return desk


def failed(answer):
    return isinstance(answer, ReaderError)


def test_a_fresh_chip_starts_and_tells_its_version(started):
    assert started.reader.version in ("PN532 1.6", "MFRC522 92")


def test_no_token_is_no_error(started):
    assert [started.read() for _ in range(3)] == [None] * 3


@pytest.mark.parametrize("uid", [SINGLE, DOUBLE, TRIPLE], ids=len)
def test_a_token_is_read_whole_as_often_as_asked(started, uid):
    started.chip.place(uid)
    assert [started.read() for _ in range(4)] == [uid] * 4
    started.chip.remove()
    assert started.read() is None


def test_a_uid_that_was_read_stays_what_it_was(started):
    started.chip.place(DOUBLE)
    first = started.read()
    started.chip.remove()
    started.chip.place(NEIGHBOUR)
    assert started.read() == NEIGHBOUR
    assert first == DOUBLE


@pytest.mark.parametrize("others", [(SINGLE, DOUBLE), (DOUBLE, NEIGHBOUR), (SINGLE, TRIPLE, DOUBLE)])
def test_several_tokens_at_once_are_no_token(started, others):
    for uid in others:
        started.chip.place(uid)
    assert all(isinstance(started.read(), SeveralTokens) for _ in range(3))
    for uid in others[1:]:
        started.chip.remove(uid)
    assert started.read() == others[0]


def test_two_cards_with_the_same_number_are_one_token(started):
    started.chip.place(DOUBLE)
    started.chip.place(DOUBLE)
    assert started.read() == DOUBLE


def test_a_reader_that_is_not_there_says_so_and_is_there_when_it_is(started):
    started.chip.place(DOUBLE)
    started.chip.faults.dead_bus = True
    assert all(failed(started.read()) for _ in range(3))
    with pytest.raises(ReaderError):
        started.start()
    started.chip.faults.dead_bus = False
    started.start()
    assert started.read() == DOUBLE


def test_a_chip_that_hangs_is_a_failure_in_bounded_time(started):
    started.chip.faults.never_ready = True
    assert failed(started.read())
    started.chip.faults.never_ready = False
    started.start()
    assert started.read() is None


def test_a_chip_that_lost_its_supply_for_a_moment_is_noticed_and_mended_by_a_start(started):
    started.chip.place(DOUBLE)
    started.chip.power(False)
    started.chip.power(True)
    started.pass_time(10)
    assert failed(started.read())
    started.start()
    assert started.read() == DOUBLE


@pytest.mark.parametrize("way", ["hard_reset", "power_cycle"])
def test_each_rung_of_the_ladder_leaves_a_chip_that_starts(started, way):
    started.chip.place(DOUBLE)
    started.run(getattr(started.reader, way)())
    assert started.resets + started.power_cycles == 1
    assert not started.chip.field_on
    started.start()
    assert started.read() == DOUBLE


def test_restarting_the_field_keeps_the_reader_working(started):
    started.chip.place(DOUBLE)
    started.run(started.reader.restart_field())
    assert started.read() == DOUBLE


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_garbage_for_a_minute_is_no_token_and_the_reader_recovers_by_itself(desk, seed, capsys):
    seen = []
    presence = Presence(desk.reader, seen.append)
    task = desk.loop.create_task(presence.run(no_beat))
    desk.chip.place(DOUBLE)
    desk.pass_time(1_000)
    desk.chip.faults.garbage(seed)
    desk.pass_time(60_000)
    assert not presence.is_working
    assert desk.power_cycles, "the ladder was climbed to its end"
    desk.chip.faults.clear()
    desk.pass_time(12_000)
    assert presence.is_working
    assert presence.health.recoveries == 1
    assert set(seen) == {DOUBLE}
    task.cancel()
    assert "health: reader recovered after " in capsys.readouterr().out


def test_a_brown_out_is_mended_without_a_reset_and_the_token_is_told_once(desk):
    seen = []
    presence = Presence(desk.reader, seen.append)
    task = desk.loop.create_task(presence.run(no_beat))
    desk.chip.place(DOUBLE)
    desk.pass_time(1_000)
    desk.chip.power(False)
    desk.pass_time(1)
    desk.chip.power(True)
    desk.pass_time(2_000)
    assert presence.is_working
    assert presence.health.recoveries == 1
    assert (desk.resets, desk.power_cycles) == (0, 0)
    assert seen == [DOUBLE]
    task.cancel()


def test_a_bus_that_is_dead_from_the_start_is_left_alone_longer_and_longer(desk):
    desk.chip.faults.dead_bus = True
    seen = []
    presence = Presence(desk.reader, seen.append)
    task = desk.loop.create_task(presence.run(no_beat))
    desk.pass_time(60_000)
    assert 3 < presence.health.failures < 16
    assert not presence.is_working
    desk.chip.faults.dead_bus = False
    desk.chip.place(DOUBLE)
    desk.pass_time(12_000)
    assert seen == [DOUBLE]
    task.cancel()


def test_several_tokens_are_told_once_and_the_one_that_stays_is_told_then(desk):
    seen = []
    task = desk.loop.create_task(Presence(desk.reader, seen.append).run(no_beat))
    desk.chip.place(DOUBLE)
    desk.chip.place(SINGLE)
    desk.pass_time(3_000)
    assert seen == [SEVERAL]
    desk.chip.remove(SINGLE)
    desk.pass_time(1_000)
    assert seen == [SEVERAL, DOUBLE]
    desk.chip.place(SINGLE)
    desk.pass_time(1_000)
    desk.chip.remove(SINGLE)
    desk.pass_time(1_000)
    assert seen == [SEVERAL, DOUBLE], "it has not left"
    task.cancel()


@pytest.mark.parametrize("name", READERS[:3])
def test_a_reply_to_the_listing_before_is_not_taken_for_this_one_on_any_bus(name):
    desk = ReaderDesk(name)
    desk.pass_time(100)
    desk.start()
    desk.chip.place(SINGLE)
    assert desk.read() == SINGLE
    desk.chip.remove()
    desk.chip.faults.stale_reply()
    assert failed(desk.read())
    assert desk.read() is None
    desk.loop.close()


FAULTS = st.one_of(
    st.tuples(st.just("torn_frame"), st.integers(0, 22)),
    st.tuples(st.sampled_from(["wrong_lcs", "wrong_dcs", "wrong_tfi", "stale_reply"])),
    st.tuples(st.just("nack"), st.integers(1, 8)),
    st.tuples(st.just("busy_longer"), st.integers(0, 900_000)),
    st.tuples(st.just("tag_leaves"), st.integers(0, 20_000)),
)
AIR_FAULTS = st.one_of(
    st.tuples(st.just("torn_answer"), st.integers(0, 5)),
    st.tuples(st.sampled_from(["wrong_bcc", "wrong_crc", "stale_answer"])),
    st.tuples(st.just("wrong_sak"), st.integers(0, 255)),
    st.tuples(st.just("tag_leaves"), st.integers(0, 9)),
)
TOKENS = st.sampled_from([None, SINGLE, DOUBLE, TRIPLE])


@pytest.mark.parametrize(
    ("name", "faults"), [("pn532_spi", FAULTS), ("pn532_hsu", FAULTS), ("mfrc522", AIR_FAULTS)]
)
@settings(max_examples=40)
@given(data=st.data())
def test_under_any_mixture_of_faults_no_token_is_read_that_was_not_there(name, faults, data):
    visits = data.draw(st.lists(st.tuples(TOKENS, st.lists(faults, max_size=3)), min_size=1, max_size=6))
    desk = ReaderDesk(name)
    try:
        desk.pass_time(100)
        desk.start()
        for token, armed in visits:
            desk.chip.remove()
            if token:
                desk.chip.place(token)
            for fault, *arguments in armed:
                getattr(desk.chip.faults, fault)(*arguments)
            answer = desk.read()
            assert answer is None or failed(answer) or answer == token
        desk.chip.faults.clear()
        desk.start()
        desk.chip.remove()
        desk.chip.place(DOUBLE)
        assert desk.read() == DOUBLE
    finally:
        desk.loop.close()
