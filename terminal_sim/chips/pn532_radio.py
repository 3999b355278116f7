"""The air side of the PN532: cards on the antenna and the search for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from terminal_sim.chips.bus import Timeline
from terminal_sim.chips.cards import Card, anticollision_order, cascaded_uid

ENDLESS_RETRIES = 0xFF
_CASCADE_LEVELS_BY_UID_LENGTH = {4: 1, 7: 2, 10: 3}


@dataclass(frozen=True)
class RadioTiming:
    """How long the air takes, in microseconds.

    A card has 5 ms to wake up in a field that was off (ISO/IEC 14443-3, 5.2).
    """

    field_settles_us: int = 5_000
    attempt_us: int = 5_000
    select_level_us: int = 3_000


@dataclass
class _Search:
    """One InListPassiveTarget under way."""

    max_targets: int
    wanted: bytes
    done: Callable[[list[Card]], None]
    out_of_retries: bool = False
    selecting: bool = False


class Radio:
    """The antenna: what lies on it, what is listed, and a search that may stay open."""

    def __init__(self, timeline: Timeline, timing: RadioTiming) -> None:
        self._timeline = timeline
        self._timing = timing
        self._search: _Search | None = None
        self.cards: list[Card] = []
        self.forget()

    def forget(self) -> None:
        """Return to the settings after power-up (UM0701-02, 7.3.1): field off, endless retries."""
        self.stop()
        self.able = False
        self.field_on = False
        self.passive_retries = ENDLESS_RETRIES
        self.targets: list[Card] = []

    def place(self, card: Card) -> None:
        """Put a card on the antenna; an open search begins to select it."""
        card.enter_field()
        self.cards.append(card)
        self._select_if_any()

    def take_away(self, cards: list[Card]) -> None:
        """Take these cards away; one that was listed stays listed until it is asked something."""
        self.cards = [card for card in self.cards if not any(card is gone for gone in cards)]

    def switch_field(self, on: bool) -> None:
        """Switch the RF field; without it every listed card has lost its state."""
        self.field_on = on
        if not on:
            self.targets = []

    def search(self, max_targets: int, wanted: bytes, done: Callable[[list[Card]], None]) -> None:
        """Look for cards and call `done` once with those listed, or never while retries are endless.

        `wanted` is one card's UID with its cascade tags, or empty for any.
        """
        self.targets = []
        settle_us = 0 if self.field_on else self._timing.field_settles_us
        self.field_on = True
        self._search = search = _Search(max_targets, wanted, done)
        if self.passive_retries != ENDLESS_RETRIES:
            self._at(settle_us + self._attempts_us(), lambda: self._run_out(search))
        self._select_if_any(settle_us)

    def _attempts_us(self) -> int:
        return (self.passive_retries + 1) * self._timing.attempt_us

    def stop(self) -> None:
        """End an open search without an answer."""
        self._search = None

    def _at(self, delay_us: int, callback: Callable[[], None]) -> None:
        self._timeline.at(self._timeline.now_us() + delay_us, callback)

    def _answering(self, search: _Search) -> list[Card]:
        """Return the cards that anticollision finds, the first winner first; equal UIDs are one answer."""
        if not self.able:
            return []
        by_uid = {card.uid: card for card in self.cards if search.wanted in (b"", cascaded_uid(card.uid))}
        return sorted(by_uid.values(), key=anticollision_order, reverse=True)[: search.max_targets]

    def _select_if_any(self, settle_us: int = 0) -> None:
        search = self._search
        found = self._answering(search) if search else []
        if not found:
            return
        search.selecting = True
        levels = sum(_CASCADE_LEVELS_BY_UID_LENGTH[len(card.uid)] for card in found)
        select_us = self._timing.attempt_us + levels * self._timing.select_level_us
        if len(found) < search.max_targets and self.passive_retries != ENDLESS_RETRIES:
            # Whether there is one more the chip learns by trying as often as for the first.
            select_us += self._attempts_us()
        self._at(settle_us + select_us, lambda: self._end_selecting(search))

    def _end_selecting(self, search: _Search) -> None:
        if self._search is not search:
            return
        search.selecting = False
        found = self._answering(search)
        if found or search.out_of_retries:
            self._finish(search, found)

    def _run_out(self, search: _Search) -> None:
        search.out_of_retries = True
        if self._search is search and not search.selecting:
            self._finish(search, [])

    def _finish(self, search: _Search, found: list[Card]) -> None:
        self._search = None
        self.targets = found
        search.done(found)
