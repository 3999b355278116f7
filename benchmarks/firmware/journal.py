"""The journal on flash: how many blocks are programmed or erased for each line."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import Any

from benchmarks.firmware.promises import shown
from benchmarks.firmware.stand import TOKEN, Stand
from terminal_sim.machine import Machine

MOST_OPERATIONS = 5
JOURNAL, REWRITTEN = "/state/journal", "/state/journal.new"


@dataclass
class Meter:
    """Counts the operations of a device's flash: for each line that is appended, and for each rewriting."""

    machine: Machine
    appends: list[int] = field(default_factory=list)
    rewritings: list[int] = field(default_factory=list)
    _paths: dict[int, str] = field(default_factory=dict)
    _before: int | None = None
    _rewriting: int | None = None

    def __post_init__(self) -> None:
        answer = self.machine.device.answer

        def noted(question: str, arguments: list[Any]) -> Any:
            self._begin(question, arguments)
            value = answer(question, arguments)
            self._end(question, arguments, value)
            return value

        self.machine.device.answer = noted

    def _begin(self, question: str, arguments: list[Any]) -> None:
        is_append = self._paths.get(arguments[0] if arguments else None) == JOURNAL
        if question == "file_write" and is_append and self._before is None:
            self._before = self.machine.flash_operations
        if question == "file_open" and arguments[0] == REWRITTEN:
            self._rewriting = self.machine.flash_operations

    def _end(self, question: str, arguments: list[Any], value: Any) -> None:
        if question == "file_open":
            self._paths[value] = arguments[0]
        elif question == "file_flush" and self._before is not None:
            self.appends.append(self.machine.flash_operations - self._before)
            self._before = None
        elif question == "path_rename" and arguments[0] == REWRITTEN:
            self.rewritings.append(self.machine.flash_operations - self._rewriting)


def appends(stand: Stand) -> bool:
    """Print the operations of a line, median and worst; returns whether each line keeps the promise.

    Purchases follow each other until the journal has been written anew, as it is at 16 KiB.
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
    lines = len(meter.appends)
    print(f"the journal over {purchases} purchases, {lines} lines, in programs of the flash chip")
    print(f"  {'a line, the median':<44}{median(meter.appends):>9,}")
    print(f"  {'written anew at 16 KiB':<44}{max(meter.rewritings):>9,}")
    return shown("a line, the worst", max(meter.appends), " ", MOST_OPERATIONS)
