"""The firmware's drivers against the chips, in virtual time: what is promised of each under each fault."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terminal_sim.chips.buttons import PushButtons
from terminal_sim.chips.character_lcd import CharacterLcd
from terminal_sim.chips.contacts import ContactBounce
from terminal_sim.chips.pn532 import PN532Chip
from terminal_sim.chips.pn532_frames import reply_frame
from terminal_sim.chips.relay import CoffeeBrewer, RelayContact
from terminal_sim.chips.wiring import BoardWires, VirtualTimeline
from tests.terminal_sim.chips.microcontroller import FALLING, Bus, Pin, WorldLoop, make_firmware_importable

make_firmware_importable()

from drivers import pn532  # noqa: E402
from drivers.buttons import Buttons  # noqa: E402
from drivers.lcd import CharacterDisplay  # noqa: E402
from drivers.relay import Relay  # noqa: E402

SINGLE = bytes.fromhex("DEADBEEF")
DOUBLE = bytes.fromhex("04A1B2C3D4E5F6")
TRIPLE = bytes.fromhex("04112233445566778899")
RESET_PIN, RELAY_PIN = 4, 16
BUTTON_PINS = (12, 13)
PATIENCE_US = 2_000_000


class Desk:
    """Chips, wires and drivers of one terminal, and the loop that runs them."""

    def __init__(self):
        self.timeline = VirtualTimeline()
        self.wires = BoardWires(self.timeline)
        self.loop = WorldLoop(self.timeline)
        self.chip = PN532Chip(self.timeline)
        self.lcd = CharacterLcd(timeline=self.timeline)
        self.bus = Bus(self.timeline, self.chip, self.lcd)
        self.wires.fit_resistor(RESET_PIN, 1)
        self.wires.watch(RESET_PIN, lambda level, now_us: self.chip.reset(level))
        self.reader = self.new_reader()
        self.display = CharacterDisplay(self.bus)

    def new_reader(self):
        """Return the reader's driver as a restarted microcontroller has it."""
        return pn532.PN532(pn532.I2CTransport(self.bus), Pin(self.wires, RESET_PIN))

    def run(self, work):
        """Run one piece of work to its end; a failure of the reader comes back as its exception."""
        return self.loop.run_until_complete(work)

    def read(self):
        """Ask the reader once: a UID, None, or the error it reports; always within the time promised."""
        begun_us = self.timeline.now_us()
        try:
            return self.run(self.reader.read_uid())
        except pn532.ReaderError as error:
            return error
        finally:
            assert self.timeline.now_us() - begun_us < PATIENCE_US

    def pass_time(self, duration_ms):
        """Let the firmware's other tasks and the world go on."""
        self.run(asyncio.sleep(duration_ms / 1000))


@pytest.fixture
def desk():
    made = Desk()
    made.pass_time(100)
    yield made
    made.loop.close()


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


def test_of_two_tokens_one_is_read_and_it_is_always_the_same(started):
    started.chip.place(SINGLE)
    started.chip.place(DOUBLE)
    assert len({started.read() for _ in range(4)}) == 1


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
    started.bus.writeto(0x24, pn532.build_frame(0x4A, b"\x01\x00"))
    started.pass_time(100)
    started.chip.remove()
    started.chip.place(DOUBLE)
    started.reader = started.new_reader()
    started.run(started.reader.start())
    assert started.read() == DOUBLE


def test_without_a_new_start_a_stale_listing_is_an_error_and_not_a_token(started):
    started.chip.place(SINGLE)
    started.bus.writeto(0x24, pn532.build_frame(0x4A, b"\x01\x00"))
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
    started.bus.writeto(0x24, pn532.build_frame(0x16, b"\x10"))
    for length in (7, 10):
        started.pass_time(5)
        started.bus.readfrom_into(0x24, bytearray(length))
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


def test_the_display_shows_what_the_driver_was_given(desk):
    assert desk.run(desk.display.show(["Espresso 0.25 EUR", "hold your token", "", "Käse süß, größer"]))
    assert desk.lcd.lines() == [
        "Espresso 0.25 EUR   ",
        "hold your token     ",
        " " * 20,
        "Käse süß, größer    ",
    ]
    assert desk.lcd.backlight
    assert desk.lcd.lost_while_busy == 0


def test_shorter_texts_leave_nothing_of_longer_ones(desk):
    desk.run(desk.display.show(["a" * 30, "b" * 30, "c" * 30, "d" * 30]))
    assert desk.lcd.lines() == ["a" * 20, "b" * 20, "c" * 20, "d" * 20]
    desk.run(desk.display.show(["", "x"]))
    assert desk.lcd.lines() == [" " * 20, "x".ljust(20), " " * 20, " " * 20]


def test_a_restarted_driver_finds_the_display_in_any_state(desk):
    desk.run(desk.display.show(["before"]))
    desk.lcd.write(b"\x4d\x49")
    desk.display = CharacterDisplay(desk.bus)
    desk.run(desk.display.show(["after"]))
    assert desk.lcd.lines()[0] == "after".ljust(20)


def test_an_unplugged_display_stops_nothing_and_shows_again_when_plugged_in(desk, capsys):
    desk.run(desk.display.show(["before"]))
    desk.lcd.connected = False
    assert desk.run(desk.display.show(["unseen"])) is False
    desk.lcd.power_cycle()
    desk.lcd.connected = True
    assert desk.run(desk.display.show(["after"]))
    assert desk.lcd.lines()[0] == "after".ljust(20)
    assert "no answer" in capsys.readouterr().out


def test_a_relay_pulse_is_one_closure_of_its_length_and_one_cup(desk):
    brewer = CoffeeBrewer(desk.timeline)
    contact = RelayContact(desk.wires, RELAY_PIN, desk.timeline, on_open=brewer.enable)
    desk.run(Relay(Pin(desk.wires, RELAY_PIN)).pulse(500))
    assert [closure.duration_us // 1000 for closure in contact.closures] == [500]
    assert brewer.cups == 1


def test_a_cancelled_pulse_leaves_the_relay_open(desk):
    contact = RelayContact(desk.wires, RELAY_PIN, desk.timeline)
    relay = Relay(Pin(desk.wires, RELAY_PIN))

    async def cancel_early():
        pulse = asyncio.ensure_future(relay.pulse(500))
        await asyncio.sleep(0.1)
        pulse.cancel()
        await asyncio.sleep(0.1)

    desk.run(cancel_early())
    assert not contact.closed
    assert contact.count == 1


def press_for(desk, buttons, durations_ms):
    """Run the driver while button 1 is pressed and released; return the presses that it reports."""
    presses = []

    async def story():
        run = asyncio.ensure_future(
            Buttons([Pin(desk.wires, pin) for pin in BUTTON_PINS], FALLING).run(presses.append, lambda: None)
        )
        for duration_ms in durations_ms:
            await asyncio.sleep(0.2)
            buttons.press(1)
            await asyncio.sleep(duration_ms / 1000)
            buttons.release(1)
        await asyncio.sleep(0.2)
        run.cancel()

    desk.run(story())
    return presses


def test_a_bouncing_press_is_one_press(desk):
    bounce = ContactBounce(desk.timeline, (300, 900, 2_000, 4_500))
    assert press_for(desk, PushButtons(desk.wires, BUTTON_PINS, bounce=bounce), [120, 3_000]) == [1, 1]


def test_a_spark_is_no_press(desk):
    assert press_for(desk, PushButtons(desk.wires, BUTTON_PINS), [2]) == []
