"""From a tap to its request: the reader's poll, and the device's own time and work."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from benchmarks.firmware.promises import shown
from benchmarks.firmware.stand import TOKEN, Stand
from terminal_sim.machine import Machine
from terminal_sim.parts.board import READERS

MOST_OWN_MS = 30
# A look at the reader is due each 150 ms: taps come at all moments between two of them.
PHASE_S = 0.0137
_READER_ADDRESS = 0x24
_READER_QUESTIONS = ("spi_exchange", "uart_any", "uart_read", "uart_write")


@dataclass
class Watch:
    """Notes what a device asks of its world."""

    machine: Machine
    asked: list[tuple[int, str, bool]] = field(default_factory=list)

    def __post_init__(self) -> None:
        answer = self.machine.device.answer

        def noted(question: str, arguments: list[Any]) -> Any:
            value = answer(question, arguments)
            self.asked.append((self.now_us(), question, _is_of_the_reader(question, arguments)))
            return value

        self.machine.device.answer = noted

    def now_us(self) -> int:
        """Return the device's time."""
        return self.machine.device.timeline.now_us()

    def begin(self) -> int:
        """Forget what was asked; returns the time."""
        self.asked.clear()
        return self.now_us()

    def until_request(self, since_us: int) -> tuple[float, float, Counter]:
        """Return the reader's poll and the device's own time until the request is sent, in ms, and the work.

        The poll ends when the reader's last byte is there.
        """
        happened = self.machine.device.events
        sent_us = next(at_us for at_us, event in happened if event == "request_sent" and at_us >= since_us)
        before = [each for each in self.asked if each[0] <= sent_us]
        last = max(number for number, (_, _, is_reader) in enumerate(before) if is_reader)
        polled_us = before[last][0]
        work = Counter(question for _, question, _ in before[last + 1 :])
        return (polled_us - since_us) / 1000, (sent_us - polled_us) / 1000, work


def _is_of_the_reader(question: str, arguments: list[Any]) -> bool:
    if question in ("i2c_write", "i2c_read"):
        return arguments[2] == _READER_ADDRESS
    return question in _READER_QUESTIONS


def tap_to_request(machine: Machine, taps: int) -> tuple[float, float, Counter]:
    """Return the longest poll and own time of so many purchases, in ms, and the work of the last of them."""
    watch = Watch(machine)
    polls_ms, owns_ms = [], []
    work: Counter = Counter()
    for number in range(taps):
        machine.wait_display("Choose a drink")
        machine.press("espresso")
        machine.wait_display("Hold your token")
        machine.run_for(0.3 + number * PHASE_S)
        began_us = watch.begin()
        machine.tap(TOKEN)
        machine.wait_display("Enjoy")
        poll_ms, own_ms, work = watch.until_request(began_us)
        polls_ms.append(poll_ms)
        owns_ms.append(own_ms)
        machine.untap()
        machine.run_for(1)
    return max(polls_ms), max(owns_ms), work


def taps_to_requests(stand: Stand, taps: int) -> bool:
    """Print the figure for each reader; returns whether all keep the promise."""
    print(f"tap -> request sent, the longest of {taps} purchases")
    kept = []
    for reader in READERS:
        machine = stand.terminal("coffee_machine", reader, reader=reader, buttons=["espresso"])
        poll_ms, own_ms, work = tap_to_request(machine, taps)
        counted = ", ".join(f"{count} {question}" for question, count in sorted(work.items()))
        kept.append(shown(f"{reader}: own time", own_ms, "ms", MOST_OWN_MS, counted))
        print(f"  {f'{reader}: poll before it':<44}{poll_ms:>9.1f} ms")
    return all(kept)
