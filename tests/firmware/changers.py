"""A ccTalk acceptor on its line, its driver, and a listener with a flash that may refuse."""

from types import SimpleNamespace

from drivers.cctalk import CcTalkLine
from drivers.cctalk_coin import CcTalkCoin

from terminal_sim.chips.cctalk_acceptor import CcTalkAcceptor
from tests.firmware.world import no_beat
from tests.terminal_sim.chips.microcontroller import OneWireUart

EUROS = SimpleNamespace(coin_currency="EUR", coins_cents=(5, 10, 20, 50, 100, 200))


class Changer:
    """Acceptor, line and driver; what the listener was told, and the mark that it keeps."""

    def __init__(self, world, mark=None, **acceptor):
        self.world = world
        self.acceptor = CcTalkAcceptor(world.timeline, **acceptor)
        self.told, self.stuck = [], []
        self.mark = mark
        self.is_refusing = False
        self.driver = None

    @property
    def coins(self):
        """The cents of the coins told."""
        return [what for kind, what in self.told if kind == "coin"]

    @property
    def remarks(self):
        """What was noted for people."""
        return [what for kind, what in self.told if kind in ("unknown", "remark")]

    def power_on(self, after_ms=4000, is_wanted=True):
        """Start the device, and wait until the acceptor is known."""
        uart = OneWireUart(self.world.timeline, self.acceptor)
        self.driver = self.world.call(CcTalkCoin, CcTalkLine(uart), EUROS)
        self.driver.accept(is_wanted)
        self.world.start(self.driver.run(self, no_beat))
        self.world.pass_ms(after_ms)
        return self

    def power_off(self):
        """Take the device's power away; the acceptor goes on."""
        self.world.stop()

    def insert(self, *cents):
        """Let coins fall, one after the other."""
        for each in cents:
            assert self.acceptor.insert(each), each
            self.world.pass_ms(600)

    def coin_mark(self):
        """Return what is kept."""
        return self.mark

    def on_mark(self, mark):
        """Keep a mark."""
        return self._keep(mark, None)

    def on_coin(self, cents, mark):
        """Take a coin."""
        return self._keep(mark, ("coin", cents))

    def on_unknown_coin(self, cents, why, mark):
        """Take a coin that is not to be booked."""
        assert cents is None
        return self._keep(mark, ("unknown", why))

    def on_remark(self, why, mark):
        """Take a remark."""
        return self._keep(mark, ("remark", why))

    def on_stuck(self, is_stuck, text=None):
        """Take the news that it cannot be used, or can be again."""
        self.stuck.append(text if is_stuck else None)

    def _keep(self, mark, entry):
        if self.is_refusing:
            return False
        self.mark = mark
        if entry:
            self.told.append(entry)
        return True
