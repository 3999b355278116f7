"""The plan of an evening: who taps where and when, drawn from a seed before it begins."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

BUY, LOOK_AND_BUY, TOP_UP, LOOK = "buy", "look_and_buy", "top_up", "look"
# What is lost: the request, the answer, the connection with it, or everything for as long as anybody waits.
LOST_REQUEST, LOST_ANSWER, BROKEN, SILENCE = "request", "answer", "broken", "silence"
_LOST_WEIGHTS = {LOST_REQUEST: 40, LOST_ANSWER: 40, BROKEN: 15, SILENCE: 5}
# Of a hundred taps, where there are bars and cash desks.
_WEIGHTS = {BUY: 72, LOOK_AND_BUY: 8, TOP_UP: 15, LOOK: 5}
_TWINS_SHARE = 0.04
_UNKNOWN_SHARE = 0.02
_BLOCKED_SHARE = 0.01
_TOP_UPS_CENTS = (500, 1000, 2000, 5000)
# A person with a card cannot be served faster than a device with buttons and a display is.
MOST_TAPS_PER_MINUTE_OF_A_DEVICE = 20


@dataclass(frozen=True)
class Tap:
    """One token at one terminal: `choice` picks the product there, `lost` what goes wrong on the way."""

    at_s: float
    terminal: str
    token: str
    does: str
    choice: int = 0
    cents: int = 0
    lost: str | None = None


@dataclass(frozen=True)
class Crowd:
    """Who can tap where: terminals by what they are for, tokens by what they are; `slow` are real devices."""

    bars: Sequence[str]
    desks: Sequence[str]
    tokens: Sequence[str]
    blocked: Sequence[str] = ()
    slow: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Pace:
    """How much happens: taps a minute, for how long, and the share of bookings with something lost."""

    taps_per_minute: int
    minutes: float
    lost_share: float = 0.01

    @property
    def taps(self) -> int:
        """How many taps that are."""
        return max(1, round(self.taps_per_minute * self.minutes))


def draw(crowd: Crowd, pace: Pace, seed: int) -> list[Tap]:
    """Return the taps of an evening in their order; the same arguments give the same taps.

    At times the same token comes at two bars at one moment, a token is known to nobody, or was blocked.
    """
    chance = random.Random(f"fleet {seed}")
    weights = _Weights(crowd, pace)
    taps: list[Tap] = []
    while len(taps) < pace.taps:
        at_s = chance.random() * pace.minutes * 60
        tap = _tap(chance, at_s, crowd, pace, weights)
        taps.append(tap)
        is_twin = tap.does == BUY and len(crowd.bars) > 1 and chance.random() < _TWINS_SHARE
        if is_twin and len(taps) < pace.taps:
            other = chance.choice([bar for bar in crowd.bars if bar != tap.terminal])
            taps.append(Tap(at_s, other, tap.token, BUY, choice=chance.randrange(1000)))
    return sorted(taps, key=lambda tap: tap.at_s)


class _Weights:
    """How often each terminal is gone to: devices as often as they can serve, at most as often as others."""

    def __init__(self, crowd: Crowd, pace: Pace) -> None:
        fair = pace.taps_per_minute / (len(crowd.bars) + len(crowd.desks))
        slow = min(1.0, MOST_TAPS_PER_MINUTE_OF_A_DEVICE / fair)
        self.bars = [slow if bar in crowd.slow else 1.0 for bar in crowd.bars]
        self.desks = [slow if desk in crowd.slow else 1.0 for desk in crowd.desks]
        actions = dict(_WEIGHTS)
        if not crowd.desks:
            actions[TOP_UP] = actions[LOOK] = 0
        self.actions = actions


def _tap(chance: random.Random, at_s: float, crowd: Crowd, pace: Pace, weights: _Weights) -> Tap:
    does = chance.choices(list(weights.actions), list(weights.actions.values()))[0]
    is_at_bar = does in (BUY, LOOK_AND_BUY)
    terminals, how_often = (crowd.bars, weights.bars) if is_at_bar else (crowd.desks, weights.desks)
    token, lost = _token(chance, crowd), None
    # After a lost answer a device does not take "unknown token" for the last word: it would ask for ever.
    if does != LOOK and token in crowd.tokens and chance.random() < pace.lost_share:
        lost = chance.choices(list(_LOST_WEIGHTS), list(_LOST_WEIGHTS.values()))[0]
    return Tap(
        at_s,
        chance.choices(terminals, how_often)[0],
        token,
        does,
        choice=chance.randrange(1000),
        cents=chance.choice(_TOP_UPS_CENTS),
        lost=lost,
    )


def _token(chance: random.Random, crowd: Crowd) -> str:
    drawn = chance.random()
    if drawn < _UNKNOWN_SHARE:
        return f"04BAD0{chance.randrange(16**8):08X}"
    if crowd.blocked and drawn < _UNKNOWN_SHARE + _BLOCKED_SHARE:
        return chance.choice(crowd.blocked)
    return chance.choice(crowd.tokens)
