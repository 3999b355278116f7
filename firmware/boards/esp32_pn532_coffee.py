"""A coffee machine on an ESP32: what these boards have in common, four buttons and one relay.

Pins as in README.md. They avoid the ESP32's strapping pins for outputs, and its input-only pins.
"""

from machine import Pin

from boards.esp32 import build_display, build_parts  # noqa: F401 (each board has a display)
from drivers.buttons import Buttons
from drivers.relay import Relay
from system.config import ConfigError

_BUTTONS = (13, 14, 27, 33)
_RELAY = 26


def make_safe():
    """Open the relay, before anything else is tried."""
    Pin(_RELAY, Pin.OUT, value=0)


def build(config):
    """Return the parts; raises ConfigError for settings that this board cannot serve."""
    make_safe()
    if config.device != "coffee_machine":
        raise ConfigError("device: this board makes coffee")
    parts = build_parts(config)
    parts.relay = Relay(Pin(_RELAY, Pin.OUT, value=0))
    parts.buttons = Buttons([Pin(pin, Pin.IN, Pin.PULL_UP) for pin in _BUTTONS], Pin.IRQ_FALLING)
    return parts
