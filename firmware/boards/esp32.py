"""What the boards with an ESP32 have in common: reader and display, buzzer, clock, watchdog, WiFi and TLS.

The reader is a PN532 on the display's I2C unless the setting `reader` names another one.
"""

from machine import I2C, WDT, Pin

from boards.common import build_common
from drivers import displays
from system.online import add_network

_SCL, _SDA = 22, 21
_READER = {"reset": 4, "power": 32, "select": 25, "spi": (2, 18, 23, 19), "uart": (2, 17, 16)}
_BUZZER = 2
# TLS handshakes and name look-ups block the program for seconds.
_WATCHDOG_MS = 60000
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
