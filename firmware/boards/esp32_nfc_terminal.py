"""A top-up terminal on an ESP32: what these boards have in common, and a keypad of 16 keys.

Pins as in README.md. The keypad's columns are on input-only pins, which have no pull-ups of their own.
"""

from machine import Pin

from boards.esp32 import build_display, build_parts  # noqa: F401 (each board has a display)
from drivers.keypad import Keypad
from system.config import ConfigError

_ROWS = (13, 14, 26, 27)
_COLUMNS = (34, 35, 36, 39)


def make_safe():
    """Do nothing: this board switches nothing."""


def build(config):
    """Return the parts; raises ConfigError for settings that this board cannot serve."""
    if config.device != "nfc_terminal":
        raise ConfigError("device: this board is a terminal")
    parts = build_parts(config)
    rows = [Pin(number, Pin.OPEN_DRAIN, value=1) for number in _ROWS]
    parts.keypad = Keypad(rows, [Pin(number, Pin.IN) for number in _COLUMNS], Pin.IRQ_FALLING)
    return parts
