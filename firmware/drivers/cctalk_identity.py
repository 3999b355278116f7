"""Who a ccTalk acceptor is, which coins it knows and what they are worth; it is needed once."""

from micropython import const

from drivers.cctalk import CcTalkError
from system.log import log

# Command headers, part 1 and part 2.
_SIMPLE_POLL = const(254)
_MANUFACTURER = const(246)
_CATEGORY = const(245)
_PRODUCT_CODE = const(244)
_MODIFY_MASTER = const(228)
_COIN_ID = const(184)
_POSITIONS = const(16)
# Coin ids (part 2, 184): two letters of the country, three digits, one letter of the issue.
_COUNTRIES = {"EUR": "EU", "GBP": "GB", "CHF": "CH"}
_CENTS = {
    "EUR": (1, 2, 5, 10, 20, 50, 100, 200),
    "GBP": (1, 2, 5, 10, 20, 50, 100, 200),
    "CHF": (5, 10, 20, 50, 100, 200, 500),
}


async def identify(line, beat):
    """Close the acceptor and return the ids of its sixteen coins; CcTalkError when it is none."""
    try:
        await line.ask(_SIMPLE_POLL)
    except CcTalkError:
        # It may want the other checksum; then it has kept silent.
        line.uses_crc = not line.uses_crc
        await line.ask(_SIMPLE_POLL)
    # While we were away it may have stood open.
    await line.ask(_MODIFY_MASTER, b"\x00")
    names = []
    for header in (_CATEGORY, _MANUFACTURER, _PRODUCT_CODE):
        names.append(_text(await line.ask(header, length=None)))
        beat()
    if names[0] != "Coin Acceptor":
        raise CcTalkError(f"it is a {names[0]}")
    ids = await _read_ids(line, beat)
    # A late answer to one question must not become the answer to the next one: money hangs on these.
    if ids != await _read_ids(line, beat):
        raise CcTalkError("its coin ids change")
    log("coins", f"{names[1]} {names[2]}: {' '.join(ids)}")
    return ids


def worth(ids, config):
    """Return the cents of each coin, None for one of another currency or not to be taken."""
    return [_cents_of(coin_id, config.coin_currency, config.coins_cents) for coin_id in ids]


def _cents_of(coin_id, currency, taken_cents):
    if coin_id[:2] != _COUNTRIES[currency] or not "A" <= coin_id[5:] <= "Z":
        return None
    for cents in _CENTS[currency]:
        if coin_id[2:5] == f"{cents:03d}" and cents in taken_cents:
            return cents
    return None


async def _read_ids(line, beat):
    ids = []
    for position in range(1, _POSITIONS + 1):
        ids.append(_text(await line.ask(_COIN_ID, bytes((position,)), 6)))
        beat()
    return ids


def _text(data):
    return "".join([chr(byte) if 32 <= byte < 127 else "?" for byte in data])
