"""A tag in front of a reader, and every event printed: to be run where the network can be taken away."""

from __future__ import annotations

import sys

from terminal_sim.chips.cards import PlainCard
from terminal_sim.readers.nfc import NfcSource
from tests.terminal_sim.readers.tag_on_udp import TagOnUdp


def main(uid: str) -> None:
    """Lay a card down, and tell what is heard of it, for ever."""
    tag = TagOnUdp()
    tag.place(PlainCard(bytes.fromhex(uid)))
    source = NfcSource(tag.path)
    while True:
        for event in source.wait(0.2):
            print(type(event).__name__, *event.__dict__.values(), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
