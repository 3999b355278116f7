"""A coin station on an RP2040: what these boards have in common, and coins by pulses or on ccTalk.

Pins as in README.md. The acceptor runs on 12 V: none of its wires meets a pin without the parts named there.
"""

from machine import UART, Pin

from boards.rp2040 import build_display, build_parts  # noqa: F401 (each board has a display)
from system.config import ConfigError

_CCTALK_PORT, _CCTALK_OUT, _CCTALK_IN = 1, 8, 9
_COIN, _COIN_INHIBIT = 14, 15


def make_safe():
    """Close the coin slot, before anything else is tried; one on ccTalk closes when it is asked first."""
    Pin(_COIN_INHIBIT, Pin.OUT, value=1)


def build(config):
    """Return the parts; raises ConfigError for settings that this board cannot serve."""
    make_safe()
    if config.device != "coin_station":
        raise ConfigError("device: this board takes coins")
    parts = build_parts(config)
    _add_coins(parts, config)
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
