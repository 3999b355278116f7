"""The device's settings: /config.json, checked, with defaults for what is missing."""

import json
import os
import sys

from system import compat
from system.log import log

DEVICES = ("coffee_machine", "coin_station", "nfc_terminal", "vending_machine")
LANGUAGES = ("en", "de")
DISPLAYS = ("auto", "lcd", "oled")
READERS = ("pn532_i2c", "pn532_spi", "pn532_hsu", "mfrc522")
# The board that a platform most likely is, for a display when there is no config to read.
_BOARD_OF_PLATFORM = {"webassembly": "simulator", "esp32": "esp32_pn532_coffee", "rp2": "rp2040_mdb"}
_DEFAULT_BOARD = "simulator"
# How the boards of another chip begin.
_FOREIGN = {"esp32": ("rp2", "simulator"), "rp2": ("esp32", "simulator")}
# What the settings mean; a file without this number is of the first meaning. It grows when a setting gets
# another name or meaning, so that nobody's money goes by an old one.
VERSION = 1
_LONGEST_FILE = 8192

# Name, default, least and greatest value.
_NUMBERS = (
    ("pulse_cents", 10, 1, 1000),
    ("pulse_width_ms", 50, 25, 100),
    ("pulse_gap_ms", 100, 30, 500),
    ("pulse_level", 0, 0, 1),
    ("inhibit_level", 1, 0, 1),
    ("inhibit_cuts_supply", 0, 0, 1),
    ("power_up_ms", 1500, 200, 10000),
    ("request_timeout_ms", 4000, 500, 20000),
    ("purchase_deadline_ms", 20000, 1000, 45000),
    ("vend_pulse_ms", 500, 50, 10000),
    ("selection_timeout_ms", 15000, 3000, 120000),
    ("message_ms", 4000, 500, 20000),
    ("session_timeout_ms", 30000, 5000, 300000),
    ("top_up_limit_cents", 10000, 1, 1000000),
    # A unit of the vending bus is worth mdb_scale x 10^-mdb_decimals.
    ("mdb_scale", 1, 1, 255),
    ("mdb_decimals", 2, 0, 2),
    ("update_check_ms", 3600000, 5000, 86400000),
)
# Name, default, the sort of its elements.
_FLAGS = ("buzzer", "confirm", "allow_plain_http", "selftest", "mdb_revalue")
_OTHERS = (
    "config_version board device language display reader ledger_url time_server api_token coin_acceptor"
    " coin_currency wifi"
)
# Where a slip of the pen would cost money, a name that is not known is refused.
_MONEY = ("pulse_", "inhibit_", "coin", "mdb_", "top_up_")
_LISTS = (("buttons", (), str), ("coins_cents", (5, 10, 20, 50, 100, 200), int))


class ConfigError(Exception):
    """The settings cannot be used; the message names the field and fits on the display."""


class Config:
    """Checked settings as attributes; `address` is (host, port, path prefix), `is_tls` from the URL."""


def default_board():
    """Return the board that this platform most likely is."""
    return _BOARD_OF_PLATFORM.get(sys.platform, _DEFAULT_BOARD)


def load(path):
    """Read and check the settings; raises ConfigError."""
    try:
        if os.stat(path)[6] > _LONGEST_FILE:
            raise ConfigError("config.json is too long")
        with open(path) as file:
            raw = json.load(file)
    except OSError:
        raise ConfigError("config.json is missing")
    except ValueError:
        raise ConfigError("config.json is no JSON")
    if not isinstance(raw, dict):
        raise ConfigError("config.json is no object")
    return check(raw)


def check(raw):
    """Return the Config of a dictionary; bad values raise ConfigError.

    An unknown name is told on the console, and refused where it looks like a setting of money.
    """
    config = Config()
    _require_version(raw)
    _note_unknown(raw)
    config.board = _text(raw, "board", default_board())
    if _begins(config.board, _FOREIGN.get(sys.platform, ())):
        raise ConfigError("board: for another chip")
    config.device = _choice(raw, "device", DEVICES, None)
    config.language = _choice(raw, "language", LANGUAGES, "en")
    config.display = _choice(raw, "display", DISPLAYS, "auto")
    config.reader = _choice(raw, "reader", READERS, "pn532_i2c")
    config.ledger_url = _text(raw, "ledger_url", None)
    config.is_tls, config.address = parse_url(config.ledger_url)
    config.time_server = _text(raw, "time_server", "pool.ntp.org")
    # Without one the device is paired, and keeps its token itself.
    config.api_token = _text(raw, "api_token", None) if "api_token" in raw else None
    profile = _profile(config, raw)
    for name, default, least, greatest in _NUMBERS:
        setattr(config, name, _number(raw, name, profile.get(name, default), least, greatest))
    if config.inhibit_cuts_supply and config.pulse_level:
        # Without its supply a normally closed output would look like a pulse that never ends.
        raise ConfigError("pulse_level: set the acceptor to N.O.")
    for name, default, sort in _LISTS:
        setattr(config, name, _list(raw, name, default, sort))
    config.wifi = raw.get("wifi") or {}
    if not isinstance(config.wifi, dict):
        raise ConfigError("wifi: no object")
    for name in ("ssid", "password"):
        if not isinstance(config.wifi.get(name) or "", str):
            raise ConfigError(f"wifi: {name}: no text")
    for name in _FLAGS:
        setattr(config, name, _flag(raw, name))
    return config


def parse_url(url):
    """Return (is_tls, (host, port, path prefix)) of the ledger's address."""
    scheme, mark, rest = url.partition("://")
    if not mark or scheme not in ("http", "https"):
        raise ConfigError("ledger_url: no http")
    host_and_port, slash, path = rest.partition("/")
    host, colon, port = host_and_port.partition(":")
    try:
        port = int(port) if colon else 443 if scheme == "https" else 80
    except ValueError:
        port = 0
    if not host or not 0 < port < 65536:
        raise ConfigError("ledger_url: bad host")
    return scheme == "https", (host, port, (slash + path).rstrip("/"))


def _require_version(raw):
    version = raw.get("config_version", 1)
    if not isinstance(version, int) or isinstance(version, bool):
        raise ConfigError("config_version: no number")
    if version != VERSION:
        age = "old" if version < VERSION else "new"
        raise ConfigError(f"config_version: {version} is too {age}, not {VERSION}")


def _note_unknown(raw):
    known = _OTHERS.split()
    for table in (_NUMBERS, _LISTS):
        known.extend([row[0] for row in table])
    for name in raw:
        if name in known or name in _FLAGS:
            continue
        if _begins(name, _MONEY):
            raise ConfigError(f"not known: {name}")
        log("config", f"not known, so without effect: {name}")


def _begins(name, beginnings):
    # MicroPython 1.24 takes no tuple of them itself.
    return any(name.startswith(beginning) for beginning in beginnings)


def _flag(raw, name):
    value = raw.get(name, False)
    if not isinstance(value, bool):
        raise ConfigError(f"{name}: true or false")
    return value


def _text(raw, name, default):
    value = raw.get(name, default)
    if value is None:
        raise ConfigError(f"{name} is missing")
    if not isinstance(value, str) or not value:
        raise ConfigError(f"{name}: no text")
    for letter in value:
        # A blank or a control character would break out of the header it travels in.
        if not "!" <= letter <= "~":
            raise ConfigError(f"{name}: bad letter")
    return value


def _choice(raw, name, choices, default):
    value = _text(raw, name, default)
    if value not in choices:
        raise ConfigError(f"{name}: not known")
    return value


def _profile(config, raw):
    # The tables of the coins are loaded by a device that takes some; the names are checked there.
    config.coin_acceptor = _text(raw, "coin_acceptor", "pulse")
    config.coin_currency = _text(raw, "coin_currency", "EUR")
    if config.device != "coin_station":
        return {}
    from drivers.coin_profiles import CURRENCIES, PROFILES

    compat.forget("drivers.coin_profiles")
    _choice(raw, "coin_acceptor", PROFILES, "pulse")
    _choice(raw, "coin_currency", CURRENCIES, "EUR")
    return PROFILES[config.coin_acceptor]


def _number(raw, name, default, least, greatest):
    value = raw.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ConfigError(f"{name}: no number")
    if not least <= value <= greatest:
        raise ConfigError(f"{name}: {least}..{greatest}")
    return value


def _list(raw, name, default, sort):
    values = raw.get(name, default)
    if not isinstance(values, (list, tuple)):
        raise ConfigError(f"{name}: no list")
    for value in values:
        if not isinstance(value, sort) or isinstance(value, bool):
            raise ConfigError(f"{name}: {'no text' if sort is str else 'no number'} in it")
        if sort is int and value < 1:
            raise ConfigError(f"{name}: less than 1 in it")
    return list(values)
