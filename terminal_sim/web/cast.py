"""What stands on the board and lies on the table: four terminals, the goods behind glass, and the cards."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

# name of the terminal, which is also its device -> what else its configuration says
TERMINALS: dict[str, dict[str, Any]] = {
    "coffee_machine": {"buttons": ["espresso", "cappuccino"], "buzzer": True},
    "coin_station": {"buzzer": True},
    "nfc_terminal": {"buzzer": True, "display": "oled"},
    "vending_machine": {},
}
COINS_CENTS = (10, 20, 50, 100, 200)
# Selection of the vending machine, its goods (a word of texts_en.py), its price in units of the bus.
SHELVES = (
    *((11, "water", 100), (12, "cola", 180), (13, "juice", 160)),
    *((21, "nuts", 150), (22, "chocolate", 120), (23, "apple", 90)),
)
WITHOUT_WALLET = "04F00DF00DF00D"
_KEYS = {"uid": "uid", "clone": "clone_of"}


@dataclass(frozen=True)
class Card:
    """A card on the table: somebody's, or one that the texts name.

    Its `kind` is "uid", "random", or "clone" of the card whose `uid` it shows.
    """

    name: str
    kind: str
    uid: str

    @property
    def token(self) -> str:
        """What a story calls its token."""
        return self.name.lower().replace(" ", "_")

    @property
    def value(self) -> Any:
        """Return what is held to a reader, as the action `tap` takes it."""
        return {"random": True} if self.kind == "random" else {_KEYS[self.kind]: self.uid}

    @property
    def size(self) -> str:
        """Tell the size of its UID as the texts name it; xF begins one that is not unique by design."""
        if self.kind == "random":
            return "size_random"
        is_fixed = len(self.uid) == 8 and self.uid[1] == "F"
        return "size_not_unique" if is_fixed else f"size_{len(self.uid) // 2}"


def cards_of(wallets: Iterable[tuple[str, str]]) -> tuple[Card, ...]:
    """Return the cards of these people, (name, UID), and those that nobody should trust."""
    own = [Card(name, "uid", uid) for name, uid in wallets]
    first = own[0]
    return (
        *own,
        Card("stranger", "uid", WITHOUT_WALLET),
        Card("phone", "random", ""),
        Card(f"clone_of_{first.token}", "clone", first.uid),
    )
