"""The simulated board: all parts on one ESP32's pins, an I2C bus, and a network that needs no WiFi."""

from machine import I2C, UART, WDT, Pin

from boards.common import build_common
from drivers import displays

_READER = {"reset": 4, "power": 5, "select": 17, "spi": (1, 2, 23, 37), "uart": (1, 20, 24)}
_BUTTONS = (12, 13, 14, 15)
_RELAY = 16
_BUZZER = 3
_COIN, _COIN_INHIBIT = 18, 19
_BUS_PORT, _BUS_READY = 2, 39
_CCTALK_PORT = 2
_ROWS = (25, 26, 27, 32)
_COLUMNS = (33, 34, 35, 36)
_WATCHDOG_MS = 30000


def build_bus():
    """Return the I2C bus of reader and display."""
    return I2C(0, scl=Pin(22), sda=Pin(21), freq=100000)


def build_display():
    """Return the display alone: what is left when nothing else can be built."""
    return displays.find(build_bus())


def make_safe():
    """Open the relay and close the coin slot, before anything else is tried."""
    Pin(_RELAY, Pin.OUT, value=0)
    Pin(_COIN_INHIBIT, Pin.OUT, value=1)


def build(config):
    """Return the parts that the configured device needs."""
    make_safe()
    parts = build_common(config, build_bus(), _READER, _BUZZER)
    parts.watchdog = lambda: WDT(timeout=_WATCHDOG_MS)
    if config.device == "coffee_machine":
        _add_vending(parts)
    elif config.device == "coin_station":
        _add_coins(parts, config)
    elif config.device == "vending_machine":
        _add_vending_bus(parts)
    else:
        _add_keypad(parts)
    return parts


def _add_vending(parts):
    from drivers.buttons import Buttons
    from drivers.relay import Relay

    pins = [Pin(number, Pin.IN, Pin.PULL_UP) for number in _BUTTONS]
    parts.buttons = Buttons(pins, Pin.IRQ_FALLING)
    parts.relay = Relay(Pin(_RELAY, Pin.OUT, value=0))


def _add_vending_bus(parts):
    from machine import UART

    from drivers.mdb_bridge import BAUD, BridgeWords

    ready = Pin(_BUS_READY, Pin.IN, Pin.PULL_UP)
    parts.vending_words = BridgeWords(UART(_BUS_PORT, BAUD), ready, Pin.IRQ_FALLING)


def _add_coins(parts, config):
    if config.coin_acceptor == "cctalk":
        from drivers.cctalk import CcTalkLine
        from drivers.cctalk_coin import CcTalkCoin

        parts.coins = CcTalkCoin(CcTalkLine(UART(_CCTALK_PORT, 9600)), config)
        return
    from drivers.pulse_coin import PulseCoin

    parts.coins = PulseCoin(
        Pin(_COIN, Pin.IN, Pin.PULL_UP),
        Pin(_COIN_INHIBIT, Pin.OUT, value=config.inhibit_level),
        Pin.IRQ_FALLING | Pin.IRQ_RISING,
        config,
    )


def _add_keypad(parts):
    from drivers.keypad import Keypad

    rows = [Pin(number, Pin.OPEN_DRAIN, Pin.PULL_UP, value=1) for number in _ROWS]
    columns = [Pin(number, Pin.IN, Pin.PULL_UP) for number in _COLUMNS]
    parts.keypad = Keypad(rows, columns, Pin.IRQ_FALLING)
