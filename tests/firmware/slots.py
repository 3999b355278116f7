"""A coin acceptor, its driver, and the one who listens to it."""

from types import SimpleNamespace

from drivers.pulse_coin import PulseCoin

from terminal_sim.chips.pulse_acceptor import PulseAcceptor, PulseProfile
from tests.firmware.world import no_beat
from tests.terminal_sim.chips.microcontroller import FALLING, RISING, Pin

COIN_PIN, INHIBIT_PIN = 18, 19


class Slot:
    """Acceptor, driver and the one who listens, whose flash takes `flash_us` for the first line of a coin."""

    def __init__(self, world, profile=None, width_ms=50):
        self.world = world
        self.coins, self.unknown, self.stuck = [], [], []
        self.begun_ms = []
        self.flash_us = 0
        self.acceptor = PulseAcceptor(
            world.wires, world.timeline, COIN_PIN, INHIBIT_PIN, profile=profile or PulseProfile()
        )
        self.profile = SimpleNamespace(
            pulse_width_ms=width_ms,
            pulse_gap_ms=100,
            pulse_cents=10,
            coins_cents=[10, 20, 50, 100, 200],
            pulse_level=0,
            inhibit_level=1,
            inhibit_cuts_supply=0,
            power_up_ms=1500,
        )

    def power_on(self):
        """Start the driver and ask for coins."""
        pins = (Pin(self.world.wires, COIN_PIN), Pin(self.world.wires, INHIBIT_PIN))
        self.driver = self.world.call(PulseCoin, *pins, RISING | FALLING, self.profile)
        self.world.start(self.driver.run(self, no_beat))
        self.driver.accept(True)
        return self

    def ready(self):
        """Wait until the line has rested."""
        self.power_on()
        self.world.pass_ms(2000)
        return self

    def on_counting(self):
        """Take the news that a coin has begun."""
        self.begun_ms.append(self.world.now_ms)
        self.world.timeline.advance(self.flash_us)

    def on_coin(self, cents):
        """Note a coin."""
        self.coins.append(cents)

    def on_unknown_coin(self, cents, why):
        """Note pulses that are no coin."""
        self.unknown.append((cents, why))

    def on_stuck(self, is_stuck):
        """Note that the line is stuck, or free again."""
        self.stuck.append(is_stuck)
