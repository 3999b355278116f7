"""A vending machine's cashless device on an RP2040: what these boards have in common, and the MDB bus by PIO.

Pins as in README.md. Behind the two pins of the bus are opto-couplers: they may never meet it directly.
"""

import rp2
from machine import Pin

from boards.rp2040 import build_display, build_parts  # noqa: F401 (each board has a display)
from drivers.mdb_pio import PioWords
from system.config import ConfigError

_BUS_IN, _BUS_OUT = 9, 8


def make_safe():
    """Say nothing on the vending bus: a device that is silent is reset and left alone by the machine."""
    Pin(_BUS_OUT, Pin.OUT, value=1)


def build(config):
    """Return the parts; raises ConfigError for settings that this board cannot serve."""
    make_safe()
    if config.device != "vending_machine":
        raise ConfigError("device: this board is for MDB")
    parts = build_parts(config)
    parts.vending_words = PioWords(rp2, Pin(_BUS_IN, Pin.IN, Pin.PULL_UP), Pin(_BUS_OUT, Pin.OUT, value=1))
    return parts
