"""The parts of one board, as its build() hands them to the program."""

import asyncio

from ledger_client.backoff import Backoff


class Parts:
    """What is soldered to the board. What a device does not need stays None.

    `entropy(count)` is the one source of randomness, `open_stream(host, port)` the way to the ledger,
    `watchdog()` starts the watchdog, `tasks` are the board's own as (name, run, longest silence in ms).
    """

    def __init__(self, display, presence, entropy):
        self.display = display
        self.presence = presence
        self.entropy = entropy
        self.open_stream = asyncio.open_connection
        self.relay = None
        self.buttons = None
        self.coins = None
        self.keypad = None
        self.rtc = None
        self.buzzer = None
        self.vending_words = None
        self.tasks = ()

    def watchdog(self):
        """Return a running watchdog, or None on a board without."""
        return

    def backoff(self):
        """Return pauses for one kind of try."""
        return Backoff(self.entropy)
