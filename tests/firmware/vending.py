"""What the tests of the vending machine share: the machine, a device that may lose power, a ledger."""

from terminal_sim.chips.mdb_bus import MdbBus
from terminal_sim.chips.mdb_vmc import VendingController, VmcSettings
from tests.firmware.flash import FlashFiles, Power, PowerCut
from tests.firmware.ledgers import LedgerInMemory, Road
from tests.firmware.mdb_bench import DirectWords
from tests.firmware.stands import Stand
from tests.firmware.world import World, no_beat

TOKEN = "04A1B2C3D4E5F6"
ITEM, PRICE = 7, 120


class VendingStand(Stand):
    """The device, with the task that watches its bus."""

    def __init__(self, site, **settings):
        self.vending_words = site.words
        super().__init__("vending_machine", site.flash, site.road, world=site.world, **settings)

    def power_on(self):
        """Start the tasks; the machine outside has its own time."""
        self.world.start(self.device.watch_bus(no_beat))
        return super().power_on()


class VendingSite:
    """What survives a power cut of the device: flash, ledger, the machine and its time."""

    def __init__(self, permission="all", **settings):
        self.world = World()
        self.power = Power()
        self.flash = FlashFiles(power=self.power)
        self.road = Road(LedgerInMemory(permission=permission))
        self.road.power = self.power
        self.road.ledger.balances[TOKEN] = 500
        self.bus = MdbBus(self.world.timeline)
        self.words = DirectWords(self.bus, self.world.timeline)
        self.vmc = VendingController(self.world.timeline, self.bus, VmcSettings())
        self.vmc.power(True)
        self.settings = settings
        self.stand = None

    @property
    def balance_cents(self):
        """What the wallet holds now."""
        return self.road.ledger.balances[TOKEN]

    def power_on(self):
        """Boot the device."""
        self.power_returns()
        self.stand = VendingStand(self, **self.settings).power_on()
        return self.stand

    def power_returns(self):
        """Let the device have power, and nothing of it run yet."""
        self.flash.power_returns()
        self.words.is_powered = True

    def power_off(self):
        """Take the device's power away; the machine goes on."""
        self.power.is_on = self.words.is_powered = False
        self.world.stop()

    def ready(self):
        """Boot, and wait for people."""
        stand = self.power_on()
        stand.wait_for("Hold your token, then choose")
        return stand

    def pass_ms(self, duration_ms):
        """Let time pass; True when the power failed meanwhile."""
        try:
            self.world.pass_ms(duration_ms)
        except PowerCut:
            return True
        return False

    def open_session(self):
        """Hold the token, and wait until the machine shows its credit."""
        self.stand.tap(TOKEN)
        self.world.pass_until(lambda: self.vmc.in_session, 5000)

    def close(self):
        """End everything."""
        self.world.close()
