"""A terminal as a person meets it: buttons, reader, display, coin slot, keypad and the power plug."""

from __future__ import annotations

import heapq
import itertools
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from terminal_sim.chips.cards import Card, PlainCard
from terminal_sim.chips.mdb_vmc import VendingController
from terminal_sim.chips.relay import CoffeeBrewer
from terminal_sim.device import Device
from terminal_sim.expectations import Expecting, NotSeen
from terminal_sim.hand import Hand
from terminal_sim.journal import JournalRecord, open_records
from terminal_sim.parts.board import BUTTON_PINS, SimulatorBoard
from terminal_sim.parts.network import Network

FIRMWARE = Path(__file__).parent.parent / "firmware"
# How long a finger stays on a button or a key, and how long until the next touch.
TOUCH_US = 120_000
BETWEEN_TOUCHES_US = 130_000
LOOK_EVERY_US = 20_000
KEYS = "0123456789ABCD*#"


class Machine(Expecting):
    """One terminal with the real firmware; made by Bench.terminal.

    Time passes only in run_for, the waits, and in what takes a person time (press, key). While
    the power is off everything a person does is without effect, as it would be.
    """

    def __init__(
        self, device: Device, brewer: CoffeeBrewer, config: dict[str, Any], firmware: Path = FIRMWARE
    ) -> None:
        self.device = device
        self.brewer = brewer
        # The controller of a vending machine; it has a power plug of its own.
        self.vmc: VendingController | None = None
        self.config = config
        self._firmware = firmware
        # The chance of the world around it: the same for the same name, run after run.
        self.dice = random.Random(f"the world around {device.name}")
        device.network.dice = self.dice
        # Lets time pass on everything that stands on the same bench.
        self.run_all_for: Callable[[float], None] = self.run_for
        self.noted_cents: dict[str, int] = {}
        self._acts: list[tuple[int, int, Callable[[], Any]]] = []
        self._order = itertools.count()
        self.hand = Hand(device.timeline, lambda: self._board.reader if self.is_powered else None, self.dice)

    @property
    def name(self) -> str:
        """The terminal's name on this bench."""
        return self.device.name

    @property
    def network(self) -> Network:
        """The switchboard of its network."""
        return self.device.network

    @property
    def reader(self):
        """The reader chip on the board, for its faults."""
        return self._board.reader

    @property
    def coin_acceptor(self):
        """The coin acceptor on the board, for its faults."""
        return self._board.coins

    @property
    def buzzer(self):
        """The buzzer on the board, with the tones since the power came on."""
        return self._board.buzzer

    @property
    def is_powered(self) -> bool:
        """Tell whether the power is on."""
        return self.device.is_powered

    @property
    def display(self) -> list[str]:
        """The lines that the display shows; blank without power."""
        if self.is_powered:
            return list(self._board.display.lines())
        return [" " * 16] * 8 if self.config.get("display") == "oled" else [" " * 20] * 4

    @property
    def console(self) -> list[str]:
        """What the device has printed since the beginning."""
        return self.device.console

    @property
    def relay_closures(self) -> int:
        """How often the vend relay has closed since the beginning."""
        return sum(1 for _, event in self.device.events if event == "relay_closed")

    @property
    def cups(self) -> int:
        """How many cups the coffee machine behind the relay has begun to brew."""
        return self.brewer.cups

    @property
    def items_sold(self) -> int:
        """How many items the vending machine has given for credit."""
        return 0 if self.vmc is None else len(self.vmc.sold)

    @property
    def open_records(self) -> list[JournalRecord]:
        """The movements of money that are not settled, as the journal on the flash tells them."""
        return open_records(self.device.files())

    @property
    def flash_operations(self) -> int:
        """How many blocks of flash were programmed or erased since the beginning."""
        return self.device.chip.operations

    @property
    def seconds(self) -> float:
        """The terminal's time since the beginning."""
        return self.device.timeline.now_us() / 1_000_000

    def provision(self) -> None:
        """Copy firmware and configuration to the flash, as a person with a cable does."""
        files = self.device.files()
        for source in sorted(self._firmware.rglob("*.py")):
            files.write("/" + source.relative_to(self._firmware).as_posix(), source.read_bytes())
        files.write("/config.json", json.dumps(self.config).encode())

    def boot(self) -> None:
        """Plug in; a device that is on stays on."""
        if self.is_powered:
            return
        self.device.boot()
        self.hand.meet_reader()

    def cut_power(self) -> None:
        """Pull the plug at this moment."""
        self.device.power_off()

    def cut_power_at(self, flash_operation: int, torn: bool = True) -> None:
        """Let the power fail at the n-th flash program or erase from now, in the middle of it when torn."""
        self.device.chip.fail_at(flash_operation, torn=torn)

    def cut_power_when(self, condition: Callable[[], bool] | str) -> None:
        """Let the power fail as soon as the condition holds, or at a named event (device.EVENTS)."""
        self.device.cut_power_when(condition)

    def tap(
        self, token: str | Card, *, hold_s: float = 0, reads_percent: int = 100, beside: bool = False
    ) -> None:
        """Lay a token on the reader and leave it: a UID in hexadecimal text, or a card of chips/cards.py.

        What lay there is gone unless it is laid `beside`. With `hold_s` it leaves after so many seconds. A
        worn token is heard in `reads_percent` of the time only.
        """
        card = PlainCard(bytes.fromhex(token)) if isinstance(token, str) else token
        if not beside:
            self.untap()
        self.hand.lay(card, hold_s=hold_s, reads_percent=reads_percent)

    def untap(self) -> None:
        """Take the token away, or all that lie there."""
        self.hand.take_all()

    def press(self, button: str | int) -> None:
        """Press a product button, by its number from 0 or by its name in the configuration.

        On a vending machine it is a selection with its price in units of the bus, like 12:180.
        """
        if self.vmc is not None:
            item, mark, units = str(button).partition(":")
            if not (mark and item.isdigit() and units.isdigit()):
                raise ValueError(f"{self.name} has selections with a price, like 12:180, and no {button!r}")
            self.vmc.choose(int(item), int(units))
            return
        index = self._button_index(button)
        self._touch(lambda board, is_down: (board.buttons.press if is_down else board.buttons.release)(index))

    def key(self, key: str) -> None:
        """Press one key of the keypad."""
        if len(key) != 1 or key not in KEYS:
            raise ValueError(f"the keypad has no key {key!r}")
        self._touch(lambda board, is_down: (board.keypad.press if is_down else board.keypad.release)(key))

    def keys(self, keys: str) -> None:
        """Press keys one after the other."""
        for key in keys:
            self.key(key)

    def insert_coin(self, cents: int) -> bool:
        """Drop a coin into the slot; False when it falls through into the return."""
        return self.is_powered and self._board.coins.insert(cents)

    @property
    def is_coin_falling(self) -> bool:
        """Whether pulses of a coin are still to come."""
        return self.is_powered and self._board.coins.busy

    def at(self, seconds: float, act: Callable[[], Any]) -> None:
        """Let `act` happen as soon as the terminal's time is so far, in whatever lets time pass then."""
        heapq.heappush(self._acts, (int(seconds * 1_000_000), next(self._order), act))

    def advance(self, until_us: int) -> None:
        """Let time pass up to a moment at most: one step of the device, or one act that is due."""
        next_us = self._acts[0][0] if self._acts else until_us
        if self._acts and next_us <= self.device.timeline.now_us():
            heapq.heappop(self._acts)[2]()
        else:
            self.device.advance(min(until_us, next_us))

    def run_for(self, seconds: float) -> None:
        """Let this much time pass on this terminal."""
        self._run_until(self.device.timeline.now_us() + int(seconds * 1_000_000))

    def leap(self, seconds: float) -> None:
        """Let the clock jump: what was due meanwhile happens late, at once. At most LONGEST_LEAP_S."""
        self.device.leap(int(seconds * 1_000_000))

    def wait_until(self, predicate: Callable[[], bool], timeout_s: float = 30) -> None:
        """Let time pass until the predicate holds; NotSeen when it takes longer."""
        deadline_us = self.device.timeline.now_us() + int(timeout_s * 1_000_000)
        while not predicate():
            now_us = self.device.timeline.now_us()
            if now_us >= deadline_us:
                raise NotSeen(f"not within {timeout_s} s\n{self.report()}")
            self.advance(min(deadline_us, now_us + LOOK_EVERY_US))

    def wait_display(self, text: str, timeout_s: float = 30) -> None:
        """Let time pass until the display shows a text, on one line or broken over several."""
        try:
            self.wait_until(lambda: self.shows(text), timeout_s)
        except NotSeen as error:
            raise NotSeen(f"{text!r} was not on the display: {error}") from None

    def shows(self, text: str) -> bool:
        """Tell whether the display shows a text now, on one line or broken over several."""
        lines = self.display
        return any(text in line for line in lines) or text in " ".join(" ".join(lines).split())

    def wait_relay(self, closures: int, timeout_s: float = 30) -> None:
        """Let time pass until the relay has closed that often since the beginning."""
        self.wait_until(lambda: self.relay_closures >= closures, timeout_s)

    def read_file(self, path: str) -> bytes:
        """Return what a file holds on the flash, flushed bytes only."""
        return self.device.files().read(path)

    def live_set_bytes(self) -> int:
        """Return what the firmware keeps on the heap, measured after a collection between two steps."""
        return self.device.live_bytes()

    def report(self) -> str:
        """Return display, last requests and last lines of the console, for people."""
        requests = [f"  {request}" for request in self.network.requests[-5:]]
        display = [f"  |{line}|" for line in self.display]
        console = [f"  {line}" for line in self.console[-15:]]
        power = "on" if self.is_powered else "off"
        head = f"{self.name} at {self.seconds:.3f} s, power {power}"
        return "\n".join([head, *display, "requests:", *requests, "console:", *console])

    @property
    def _board(self) -> SimulatorBoard:
        if self.device.board is None:
            raise RuntimeError(f"{self.name} has no power")
        return self.device.board

    def _button_index(self, button: str | int) -> int:
        names = self.config.get("buttons", [])
        if isinstance(button, str):
            if button not in names:
                raise ValueError(f"{self.name} has no button {button!r}; it has {', '.join(names) or 'none'}")
            button = names.index(button)
        if not 0 <= button < len(BUTTON_PINS):
            raise ValueError(f"{self.name} has buttons 0 to {len(BUTTON_PINS) - 1}")
        return button

    def _touch(self, hold: Callable[[SimulatorBoard, bool], None]) -> None:
        if not self.is_powered:
            return
        board = self._board
        hold(board, True)
        now_us = self.device.timeline.now_us()
        self._run_until(now_us + TOUCH_US)
        hold(board, False)
        self._run_until(now_us + TOUCH_US + BETWEEN_TOUCHES_US)

    def _run_until(self, until_us: int) -> None:
        while self.device.timeline.now_us() < until_us:
            self.advance(until_us)
