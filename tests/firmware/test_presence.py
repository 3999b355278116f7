"""The token on the reader, against the chip itself: one event for each arrival, and a reader that mends."""

import pytest
from cards.presence import Presence
from cards.uid import SEVERAL
from drivers.pn532 import PN532, I2CTransport
from drivers.reader import BusError, SeveralTokens

from terminal_sim.chips.pn532 import PN532Chip
from tests.firmware.world import no_beat
from tests.terminal_sim.chips.microcontroller import Bus, Pin

TOKEN = bytes.fromhex("04A1B2C3D4E5F6")
OTHER = bytes.fromhex("DEADBEEF")
RESET_PIN = 4


class Looks:
    """A reader of which is told what each look finds; the last finding stays."""

    version = "a reader"

    def __init__(self, *found):
        self._found = list(found)
        self.field_restarts = 0

    async def start(self):
        """Start."""

    async def restart_field(self):
        self.field_restarts += 1

    async def read_uid(self):
        found = self._found.pop(0) if len(self._found) > 1 else self._found[0]
        if isinstance(found, Exception):
            raise found
        return found


class Desk:
    def __init__(self, world):
        self.world = world
        self.chip = PN532Chip(world.timeline)
        self.resets = 0
        world.wires.watch(RESET_PIN, self._reset)
        reader = PN532(I2CTransport(Bus(world.timeline, self.chip)), Pin(world.wires, RESET_PIN))
        self.seen = []
        self.beats = []
        self.presence = Presence(reader, self.seen.append)
        world.start(self.presence.run(lambda: self.beats.append(world.now_ms)))
        world.pass_ms(500)

    def _reset(self, level, _now_us):
        self.resets += not level
        self.chip.reset(level)


@pytest.fixture
def desk(world):
    return Desk(world)


def test_a_token_that_stays_is_told_once(world, desk):
    desk.chip.place(TOKEN)
    world.pass_ms(10000)
    assert desk.seen == [TOKEN]
    assert desk.presence.uid == TOKEN


def test_a_token_is_told_again_after_it_has_left(world, desk):
    for _ in range(3):
        desk.chip.place(TOKEN)
        world.pass_ms(1000)
        desk.chip.remove()
        world.pass_ms(1000)
    assert desk.seen == [TOKEN] * 3
    assert desk.presence.uid is None


def test_a_token_that_flickers_at_the_edge_of_the_field_is_told_once(world, desk):
    desk.chip.place(TOKEN)
    world.pass_ms(1000)
    desk.chip.remove()
    world.pass_ms(120)
    desk.chip.place(TOKEN)
    world.pass_ms(1000)
    assert desk.seen == [TOKEN]


def told(world, reader):
    """Return what is told of these looks."""
    seen = []
    world.start(Presence(reader, seen.append).run(no_beat))
    world.pass_ms(3000)
    return seen


def test_a_card_left_silent_by_the_last_look_is_asked_again_in_a_fresh_field(world):
    reader = Looks(TOKEN, None, TOKEN)
    assert told(world, reader) == [TOKEN]
    assert reader.field_restarts == 1


def test_one_look_in_vain_is_no_leaving_but_two_are(world):
    assert told(world, Looks(TOKEN, None, None, TOKEN)) == [TOKEN]
    # A look in vain asks twice: before and after the field's restart.
    assert told(world, Looks(TOKEN, *[None] * 4, TOKEN)) == [TOKEN, TOKEN]


def test_one_look_at_several_tokens_is_noise_but_two_are_told(world):
    several = SeveralTokens()
    assert told(world, Looks(several, TOKEN)) == [TOKEN]
    assert told(world, Looks(several, several, several, None)) == [SEVERAL]
    assert told(world, Looks(several, None, several, None)) == []


def test_a_token_beside_which_another_one_was_held_has_not_left(world):
    several = SeveralTokens()
    assert told(world, Looks(TOKEN, several, several, several, TOKEN)) == [TOKEN]
    assert told(world, Looks(TOKEN, None, None, several, None, None, TOKEN)) == [TOKEN]


class Ladder:
    """A reader that never starts; it notes what is tried, and when."""

    version = None

    def __init__(self, world):
        self._world = world
        self.tried = []

    async def start(self):
        """Fail."""
        self._note("start")
        raise BusError("dead")

    async def hard_reset(self):
        self._note("reset")

    async def power_cycle(self):
        self._note("power")

    def _note(self, what):
        self.tried.append((self._world.now_ms // 1000, what))


def test_a_dead_reader_is_started_reset_switched_off_and_on_and_left_alone_longer_and_longer(world):
    ladder = Ladder(world)
    world.start(Presence(ladder, None).run(no_beat))
    world.pass_ms(40000)
    tried = [what for _, what in ladder.tried]
    assert tried[:10] == ["start"] * 2 + ["reset", "start"] * 2 + ["power", "start"] * 2
    starts_s = [at_s for at_s, what in ladder.tried if what == "start"]
    pauses_s = [later - earlier for earlier, later in zip(starts_s, starts_s[1:], strict=False)]
    assert pauses_s == sorted(pauses_s)
    assert (pauses_s[0], pauses_s[-1]) == (0, 8)


def test_another_token_is_told_at_once(world, desk):
    desk.chip.place(TOKEN)
    world.pass_ms(1000)
    desk.chip.remove()
    desk.chip.place(OTHER)
    world.pass_ms(1000)
    assert desk.seen == [TOKEN, OTHER]


def test_a_token_is_seen_within_a_third_of_a_second(world, desk):
    desk.chip.place(TOKEN)
    world.pass_ms(330)
    assert desk.seen == [TOKEN]


def test_a_torn_frame_is_mended_without_a_reset_and_the_token_told_once(world, desk):
    before = desk.presence.health.failures
    desk.chip.faults.torn_frame(9)
    desk.chip.place(TOKEN)
    world.pass_ms(2000)
    assert desk.seen == [TOKEN]
    assert desk.resets == 0
    assert desk.presence.health.failures == before + 1
    assert desk.presence.is_working


def test_a_fault_while_a_token_lies_there_does_not_tell_it_again(world, desk):
    desk.chip.place(TOKEN)
    world.pass_ms(1000)
    desk.chip.faults.wrong_dcs()
    world.pass_ms(2000)
    assert desk.seen == [TOKEN]


def test_a_stale_reply_tells_no_token(world, desk):
    desk.chip.place(TOKEN)
    world.pass_ms(1000)
    desk.chip.remove()
    world.pass_ms(1000)
    desk.chip.faults.stale_reply(bytes.fromhex("0000FF0FF1D54B01010044000704A1B2C3D4E5F6CA00"))
    world.pass_ms(3000)
    assert desk.seen == [TOKEN]


def test_a_chip_that_was_reset_by_itself_is_configured_again(world, desk):
    desk.chip.reset(0)
    desk.chip.reset(1)
    desk.chip.place(TOKEN)
    world.pass_ms(3000)
    assert desk.seen == [TOKEN]


@pytest.mark.parametrize("fault", ["dead_bus", "never_ready"])
def test_a_reader_that_is_gone_goes_up_the_ladder_and_comes_back(world, desk, fault):
    setattr(desk.chip.faults, fault, True)
    world.pass_ms(60000)
    assert not desk.presence.is_working
    assert 5 < desk.resets < 30, "resets, but further and further apart"
    setattr(desk.chip.faults, fault, False)
    desk.chip.place(TOKEN)
    world.pass_ms(12000)
    assert desk.presence.is_working
    assert desk.seen == [TOKEN]


def test_the_heartbeat_goes_on_while_the_reader_is_dead(world, desk):
    desk.chip.faults.dead_bus = True
    world.pass_ms(60000)
    pauses = [later - earlier for earlier, later in zip(desk.beats, desk.beats[1:], strict=False)]
    assert max(pauses) < 10000


def test_a_missing_reset_pin_is_borne(world):
    chip = PN532Chip(world.timeline)
    seen = []
    presence = Presence(PN532(I2CTransport(Bus(world.timeline, chip))), seen.append)
    chip.faults.dead_bus = True
    world.start(presence.run(no_beat))
    world.pass_ms(5000)
    chip.faults.dead_bus = False
    chip.place(TOKEN)
    world.pass_ms(12000)
    assert seen == [TOKEN]
