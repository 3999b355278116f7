"""A vending machine's cashless device on an RP2040 with WiFi: reader, display, and the MDB bus by PIO.

The reader is a PN532 on the display's I2C unless the setting `reader` names another one.
Pins as in README.md. Behind the two pins of the bus are opto-couplers: they may never meet it directly.
"""

import os

import rp2
from machine import I2C, RTC, WDT, Pin

from boards.parts import Parts
from boards.readers import build_reader
from cards.presence import Presence
from drivers import displays
from drivers.mdb_pio import PioWords
from system.config import ConfigError
from system.online import add_network

_SDA, _SCL = 4, 5
_READER = {"reset": 6, "power": 7, "select": 17, "spi": (0, 18, 19, 16), "uart": (0, 0, 1)}
_BUS_IN, _BUS_OUT = 9, 8
# The longest that this chip knows.
_WATCHDOG_MS = 8300
# The PN532 stretches the clock while it wakes up, for longer than the bus waits by default.
_STRETCH_US = 100000


def build_bus():
    """Return the I2C bus of reader and display; 100 kHz bears the wires inside a machine."""
    return I2C(0, scl=Pin(_SCL), sda=Pin(_SDA), freq=100000, timeout=_STRETCH_US)


def build_display():
    """Return the display alone: what is left when nothing else can be built."""
    return displays.find(build_bus())


def make_safe():
    """Say nothing on the vending bus: a device that is silent is reset and left alone by the machine."""
    Pin(_BUS_OUT, Pin.OUT, value=1)


def build(config):
    """Return the parts; raises ConfigError for settings that this board cannot serve."""
    make_safe()
    if config.device != "vending_machine":
        raise ConfigError("device: this board is for MDB")
    bus = build_bus()
    reader = build_reader(config, bus, _READER)
    parts = Parts(displays.find(bus, config.display), Presence(reader), os.urandom)
    parts.vending_words = PioWords(rp2, Pin(_BUS_IN, Pin.IN, Pin.PULL_UP), Pin(_BUS_OUT, Pin.OUT, value=1))
    parts.rtc = RTC()
    parts.watchdog = lambda: WDT(timeout=_WATCHDOG_MS)
    add_network(parts, config)
    return parts
