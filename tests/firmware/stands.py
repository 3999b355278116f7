"""A device with real journal, settlement and drivers' interfaces, on a flash and a ledger that may fail."""

import importlib
import itertools
from types import SimpleNamespace

from drivers.relay import Relay
from journal.settlement import Settlement
from journal.store import Journal
from ledger_client.api import Ledger
from ledger_client.backoff import Backoff
from system import config as configuration
from system.texts import Texts

from tests.firmware.flash import Power
from tests.firmware.world import World, no_beat

SETTINGS = {"ledger_url": "http://127.0.0.1:1", "api_token": "t", "buttons": ["espresso", "cappuccino"]}
_entropy = itertools.count(1)


def entropy(count):
    """Return bytes that are never the same again, as os.urandom's are not."""
    return next(_entropy).to_bytes(count + 3, "big")[-count:]


class RelayPin:
    """The relay's pin; counts how often it closes."""

    def __init__(self, power=None):
        self._power = power or Power()
        self.level = 0
        self.closures = 0

    def value(self, level):
        """Drive the pin."""
        self._power.need()
        self.closures += level and not self.level
        self.level = level


class CoinSlot:
    """The coin acceptor's driver, as the station sees it."""

    def __init__(self):
        self.is_accepting = False
        self.quiet = 10**6
        self.mark = None

    def accept(self, is_wanted):
        """Open or close the slot."""
        self.is_accepting = is_wanted

    def quiet_ms(self):
        """Return for how long the line has been quiet."""
        return self.quiet


class Screen:
    """The display, of the size of the character display: what it shows and what it has shown."""

    columns, rows = 20, 4

    def __init__(self):
        self.lines = []
        self.history = []

    async def show(self, lines):
        """Show lines, which have to fit."""
        assert len(lines) <= self.rows, lines
        assert all(len(line) <= self.columns for line in lines), lines
        self.lines = lines
        self.history.append(" ".join(lines))

    def __contains__(self, text):
        return text in " ".join(self.lines)


class Stand:
    """One device from power-on to power-off. `flash` and `road` outlive it."""

    vending_words = None
    # As app.py has it.
    short_limit = 384

    def __init__(self, device, flash, road, relay_pin=None, world=None, **settings):
        self.world = world or World()
        self.flash = flash
        self.road = road
        self.relay_pin = relay_pin or RelayPin()
        self.config = configuration.check({**SETTINGS, "device": device, **settings})
        self.screen = Screen()
        self.slot = CoinSlot()
        self.sounds = []
        self.presence = SimpleNamespace(uid=None, is_working=True)
        self.world.call(self._build, device)

    def _build(self, device):
        parts = SimpleNamespace(
            display=self.screen,
            presence=self.presence,
            relay=Relay(self.relay_pin),
            coins=self.slot,
            buttons=None,
            keypad=None,
            buzzer=SimpleNamespace(play=self.sounds.append),
            vending_words=self.vending_words,
            entropy=entropy,
            backoff=lambda: Backoff(entropy),
        )
        self.journal = Journal(self.flash, entropy, short_limit=self.short_limit)
        ledger = Ledger(self.road, Backoff(entropy))
        module = importlib.import_module(f"devices.{device}")
        texts = Texts(self.config.language, self.screen.columns, device)
        self.device, _ = module.prepare(parts, self.config, texts, ledger, self.journal)
        self.settlement = Settlement(
            self.journal, ledger, Backoff(entropy, longest_ms=30000), self.device.on_settled
        )
        self.device.settlement = self.settlement

    def power_on(self):
        """Start the tasks, and wait for the idle screen."""
        for run in (self.device.run, self.device.keep_catalogue, self.settlement.run):
            self.world.start(run(no_beat))
        self.world.pass_ms(200)
        return self

    def tap(self, uid):
        """Hold a token to the reader."""
        self.device.on_token(bytes.fromhex(uid))

    def coin(self, cents):
        """Let the acceptor's driver tell of a coin, from its first pulse to its last."""
        self.world.call(self.device.on_counting)
        self.world.call(self.device.on_coin, cents)

    def wait_for(self, text, at_most_ms=60000):
        """Let time pass until the display shows a text."""
        try:
            self.world.pass_until(lambda: text in self.screen, at_most_ms)
        except AssertionError as error:
            raise AssertionError(f"{text!r} is not on {self.screen.lines}") from error

    def power_off(self):
        """Pull the plug."""
        self.world.close()
