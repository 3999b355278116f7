"""What the boards with an RP2040 have in common: reader and display, buzzer, clock, watchdog, WiFi and TLS.

The reader is a PN532 on the display's I2C unless the setting `reader` names another one.
"""

from machine import I2C, WDT, Pin

from boards.common import build_common
from drivers import displays
from system.online import add_network

_SDA, _SCL = 4, 5
_BUZZER = 10
_READER = {"reset": 6, "power": 7, "select": 17, "spi": (0, 18, 19, 16), "uart": (0, 0, 1)}
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


def build_parts(config):
    """Return the parts that each of these boards has; raises ConfigError."""
    parts = build_common(config, build_bus(), _READER, _BUZZER)
    parts.watchdog = lambda: WDT(timeout=_WATCHDOG_MS)
    add_network(parts, config)
    return parts
