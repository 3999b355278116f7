"""The journal on flash: how many programs of the chip each line costs."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import Any

from benchmarks.firmware.promises import shown
from benchmarks.firmware.stand import TOKEN, Stand
from terminal_sim.machine import Machine

MOST_PROGRAMS = 5
LONG, REWRITTEN = "/state/journal", "/state/journal.new"
SHORT = ("/state/journal.0", "/state/journal.1")


@dataclass
class Meter:
    """Counts the programs of a device's flash: for each line, each pouring, and each rewriting."""

    machine: Machine
    lines: list[int] = field(default_factory=list)
    pourings: list[int] = field(default_factory=list)
    rewritings: list[int] = field(default_factory=list)
    _paths: dict[int, str] = field(default_factory=dict)
    _before: int = 0

    def __post_init__(self) -> None:
        answer = self.machine.device.answer

        def noted(question: str, arguments: list[Any]) -> Any:
            self._begin(question, arguments)
            value = answer(question, arguments)
            self._end(question, arguments, value)
            return value

        self.machine.device.answer = noted

    def _begin(self, question: str, arguments: list[Any]) -> None:
        opens = question == "file_open" and arguments[0] in (REWRITTEN, LONG)
        if opens or (question == "file_write" and self._paths.get(arguments[0]) in SHORT):
            self._before = self.machine.device.chip.programs

    def _end(self, question: str, arguments: list[Any], value: Any) -> None:
        spent = self.machine.device.chip.programs - self._before
        if question == "file_open":
            self._paths[value] = arguments[0]
        elif question == "path_rename" and arguments[0] == REWRITTEN:
            self.rewritings.append(spent)
        elif question == "file_flush" and spent:
            path = self._paths[arguments[0]]
            counts = self.lines if path in SHORT else self.pourings if path == LONG else None
            if counts is not None:
                counts.append(spent)


def appends(stand: Stand) -> bool:
    """Print the programs of a line, median and worst; returns whether the median keeps the promise.

    Purchases follow each other until the journal has been written anew, as it is at 16 KiB. The worst lines
    are those with which littlefs writes its directory anew, as it has to now and then.
    """
    machine = stand.terminal("coffee_machine", "journal", buttons=["espresso"])
    meter = Meter(machine)
    purchases = 0
    while not meter.rewritings:
        machine.wait_display("Choose a drink")
        machine.press("espresso")
        machine.tap(TOKEN)
        machine.wait_display("Enjoy")
        machine.untap()
        purchases += 1
    lines = len(meter.lines)
    print(f"the journal over {purchases} purchases, {lines} lines, in programs of its flash")
    kept = shown("a line, the median", median(meter.lines), " ", MOST_PROGRAMS)
    more = sum(count >= MOST_PROGRAMS for count in meter.lines)
    for label, count in (
        (f"a line, the worst ({100 * more // lines} of 100 take 5 or more)", max(meter.lines)),
        ("poured while nobody waits, the median", median(meter.pourings)),
        ("poured while nobody waits, the worst", max(meter.pourings)),
        ("written anew at 16 KiB", max(meter.rewritings)),
    ):
        print(f"  {label:<44}{count:>9,}")
    return kept
