"""A coin station on an RP2040 with WiFi: reader, display, and a coin acceptor with pulses or on ccTalk.

Pins as in README.md. The acceptor runs on 12 V: none of its wires meets a pin without the parts named there.
"""

import os

from machine import I2C, RTC, UART, WDT, Pin

from boards.parts import Parts
from boards.readers import build_reader
from cards.presence import Presence
from drivers.lcd import CharacterDisplay
from system.config import ConfigError
from system.online import add_network

_SDA, _SCL = 4, 5
_READER = {"reset": 6, "power": 7, "select": 17, "spi": (0, 18, 19, 16), "uart": (0, 0, 1)}
_CCTALK_PORT, _CCTALK_OUT, _CCTALK_IN = 1, 8, 9
_COIN, _COIN_INHIBIT = 14, 15
# The longest that this chip knows.
_WATCHDOG_MS = 8300
# The PN532 stretches the clock while it wakes up, for longer than the bus waits by default.
_STRETCH_US = 100000


def build_bus():
    """Return the I2C bus of reader and display; 100 kHz bears the wires inside a machine."""
    return I2C(0, scl=Pin(_SCL), sda=Pin(_SDA), freq=100000, timeout=_STRETCH_US)


def build_display():
    """Return the display alone: what is left when nothing else can be built."""
    return CharacterDisplay(build_bus())


def make_safe():
    """Close the coin slot, before anything else is tried; one on ccTalk closes when it is asked first."""
    Pin(_COIN_INHIBIT, Pin.OUT, value=1)


def build(config):
    """Return the parts; raises ConfigError for settings that this board cannot serve."""
    make_safe()
    if config.device != "coin_station":
        raise ConfigError("device: this board takes coins")
    bus = build_bus()
    parts = Parts(CharacterDisplay(bus), Presence(build_reader(config, bus, _READER)), os.urandom)
    _add_coins(parts, config)
    parts.rtc = RTC()
    parts.watchdog = lambda: WDT(timeout=_WATCHDOG_MS)
    add_network(parts, config)
    return parts


def _add_coins(parts, config):
    if config.coin_acceptor == "cctalk":
        from drivers.cctalk import CcTalkLine
        from drivers.cctalk_coin import CcTalkCoin

        uart = UART(_CCTALK_PORT, 9600, tx=Pin(_CCTALK_OUT), rx=Pin(_CCTALK_IN), timeout=0)
        parts.coins = CcTalkCoin(CcTalkLine(uart), config)
        return
    from drivers.pulse_coin import PulseCoin

    parts.coins = PulseCoin(
        Pin(_COIN, Pin.IN, Pin.PULL_UP),
        Pin(_COIN_INHIBIT, Pin.OUT, value=config.inhibit_level),
        Pin.IRQ_FALLING | Pin.IRQ_RISING,
        config,
    )
