"""A vending machine's controller and the firmware's reader on one bus, in virtual time, without a device."""

from drivers import mdb_events
from drivers.mdb_link import Link
from drivers.mdb_messages import Answers
from drivers.mdb_session import Session

from terminal_sim.chips.mdb_bus import MODE, MdbBus
from terminal_sim.chips.mdb_vmc import VendingController, VmcSettings

NAMES = {value: name for name, value in vars(mdb_events).items() if name[0].isupper()}


class DirectWords:
    """The reader's transport: an interrupt for each word, which may come late, and a line to answer on."""

    def __init__(self, bus, timeline):
        self._bus = bus
        self._timeline = timeline
        self.on_word = None
        self.delay_us = 0
        self.is_powered = True
        bus.connect_device(self._hear)

    def send(self, block, count):
        """Send bytes, with the mode bit on the last one."""
        words = list(block[:count])
        words[-1] |= MODE
        self._bus.send_to_master(words)

    def _hear(self, word):
        delay_us = self.delay_us
        if not self.is_powered:
            return
        if not delay_us:
            self.on_word(word, False)
            return
        self._timeline.at(self._timeline.now_us() + delay_us, lambda: self.on_word(word, delay_us > 4_000))


class MdbBench:
    """The machine and the reader; `events` holds what the reader has heard, by name."""

    def __init__(self, world, **settings):
        self.world = world
        self.bus = MdbBus(world.timeline)
        self.vmc = VendingController(world.timeline, self.bus, VmcSettings(**settings))
        self.master = self.vmc.master
        self.words = DirectWords(self.bus, world.timeline)
        self.session = world.call(Session, Answers(1, 2, 25, "000000000001"))
        self.link = Link(self.words, self.session)

    def start(self):
        """Switch the machine on and wait until the reader is enabled."""
        self.vmc.power(True)
        self.world.pass_until(lambda: self.vmc.is_enabled, 5000)
        return self

    def take_events(self):
        """Return what has happened since the last time, as (name, first, second, request)."""
        events = []
        while event := self.session.events.next():
            events.append((NAMES[event[0]], *event[1:]))
        return events

    def names(self):
        """Return the names of what has happened since the last time."""
        return [event[0] for event in self.take_events()]

    def begin(self, units=500):
        """Begin a session and wait until the machine knows of it."""
        assert self.session.begin(units)
        self.world.pass_until(lambda: self.vmc.in_session, 2000)

    def ask(self, item=7, units=120):
        """Choose something; return the number of the request."""
        self.vmc.choose(item, units)
        self.world.pass_until(lambda: self.vmc.is_asking, 2000)
        self.world.pass_ms(20)
        return self.session.request
