"""A vending machine's controller: it sets the reader up, polls it, and sells what people choose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from terminal_sim.chips.bus import Timeline
from terminal_sim.chips.mdb_bus import MdbBus
from terminal_sim.chips.mdb_master import MdbMaster, Steps

RESET, POLL = (0x10,), (0x12,)
VEND_CANCEL, VEND_FAILURE, SESSION_COMPLETE = (0x13, 1), (0x13, 3), (0x13, 4)
DISABLE, ENABLE, CANCEL = (0x14, 0), (0x14, 1), (0x14, 2)
JUST_RESET, CONFIG, BEGIN, CANCEL_REQUEST, APPROVED, DENIED, END = 0x00, 0x01, 0x03, 0x04, 0x05, 0x06, 0x07
OUT_OF_SEQUENCE, REVALUE_APPROVED, REVALUE_DENIED = 0x0B, 0x0D, 0x0E
# A reader that says nothing for so long is reset.
NON_RESPONSE_US = 5_000_000


class ReaderLost(Exception):
    """The reader does not answer, has been reset, or is out of sequence: everything begins again."""


def two(value: int) -> tuple[int, int]:
    """Return the two bytes of a number, high byte first."""
    return value >> 8, value & 0xFF


@dataclass
class VmcSettings:
    """How the machine is built. `cancels_after_us`: so long after a request a person presses return."""

    level: int = 2
    poll_us: int = 100_000
    dispense_us: int = 3_000_000
    dispenses: bool = True
    resets_when_approved: bool = False
    cancels_after_us: int | None = None


class VendingController:
    """The machine behind the bus. A person calls choose, pay_cash, top_up, or return_money.

    It keeps what it knows: `credit_units` of the session, what it has `sold` for credit, which vends have
    `failed`, which were `denied`, and what was `revalued`. `inject` sends any command at the next turn.
    """

    def __init__(self, timeline: Timeline, bus: MdbBus, settings: VmcSettings | None = None) -> None:
        self._timeline = timeline
        self.master = MdbMaster(timeline, bus)
        self.settings = settings or VmcSettings()
        self.is_enabled = False
        self.in_session = False
        self.is_asking = False
        self.credit_units: int | None = None
        self.config: list[int] = []
        self.peripheral_id: list[int] = []
        self.sold: list[tuple[int, int]] = []
        self.failed: list[tuple[int, int]] = []
        self.denied: list[tuple[int, int]] = []
        self.revalued: list[tuple[int, bool]] = []
        self.resets = 0
        self._commands: list[Sequence[int]] = []
        self._choice: tuple[int, int] | None = None
        self._returns_at_us: int | None = None
        self._asked_us = 0

    def power(self, on: bool) -> None:
        """Switch the machine on or off."""
        self._forget()
        self._commands.clear()
        if on:
            self.master.start(self._live())
        else:
            self.master.stop()

    def choose(self, item: int, units: int) -> None:
        """Press a selection; it is asked for as soon as there is a session."""
        self._choice = (item, units)

    def return_money(self) -> None:
        """Press the return lever: a request is cancelled, a session is ended."""
        self._returns_at_us = self._timeline.now_us()

    def pay_cash(self, item: int, units: int) -> None:
        """Buy with coins, of which the reader is told."""
        self.inject((0x13, 5, *two(units), *two(item)))

    def top_up(self, units: int) -> None:
        """Put cash in that shall go onto the medium."""
        self.inject((0x15, 0, *two(units)))

    def inject(self, command: Sequence[int]) -> None:
        """Send a command at the next turn, in sequence or not."""
        self._commands.append(command)

    def _forget(self) -> None:
        self.is_enabled = self.in_session = self.is_asking = False
        self.credit_units = self._choice = self._returns_at_us = None

    def _live(self) -> Steps:
        while True:
            try:
                yield from self._set_up()
                while True:
                    yield from self.master.pause(self.settings.poll_us)
                    yield from self._turn()
            except ReaderLost:
                self._forget()

    def _set_up(self) -> Steps:
        self.resets += 1
        while (yield from self.master.exchange(RESET)) is None:
            yield from self.master.pause(self.settings.poll_us)
        while (yield from self.master.exchange(POLL)) != [JUST_RESET]:
            yield from self.master.pause(self.settings.poll_us)
        self.config = yield from self._command((0x11, 0, self.settings.level, 16, 2, 0))
        yield from self._command((0x11, 1, 0xFF, 0xFF, 0, 0))
        self.peripheral_id = yield from self._command(
            (0x17, 0, *b"VMC", *b"000000000001", *b"MODEL", *[32] * 7, 0, 1)
        )
        if self.settings.level >= 3:
            yield from self._command((0x17, 4, 0, 0, 0, 0))
        yield from self._command(ENABLE)
        self.is_enabled = True

    def _command(self, data: Sequence[int]) -> Steps:
        """Send a command until it is answered; what came with the answer is acted upon elsewhere."""
        began_us = self._timeline.now_us()
        while (answer := (yield from self.master.exchange(data))) is None:
            if self._timeline.now_us() - began_us > NON_RESPONSE_US:
                raise ReaderLost
            yield from self.master.pause(self.settings.poll_us)
        return answer

    def _turn(self) -> Steps:
        if self._commands:
            self._act((yield from self._command(self._commands.pop(0))))
        elif self.is_asking and self._is_returning():
            self._returns_at_us = None
            self._act((yield from self._command(VEND_CANCEL)))
        elif self.in_session and not self.is_asking and self._is_returning():
            yield from self._complete()
        elif self.in_session and not self.is_asking and self._choice:
            yield from self._ask()
        else:
            answer = yield from self._command(POLL)
            if answer[:1] == [APPROVED] and self.is_asking:
                yield from self._dispense()
            elif answer[:1] == [CANCEL_REQUEST]:
                yield from self._complete()
            else:
                self._act(answer)

    def _is_returning(self) -> bool:
        return self._returns_at_us is not None and self._timeline.now_us() >= self._returns_at_us

    def _ask(self) -> Steps:
        item, units = self._choice
        self.is_asking, self._returns_at_us = True, None
        if self.settings.cancels_after_us is not None:
            self._returns_at_us = self._timeline.now_us() + self.settings.cancels_after_us
        self._act((yield from self._command((0x13, 0, *two(units), *two(item)))))

    def _dispense(self) -> Steps:
        if self.settings.resets_when_approved:
            raise ReaderLost
        self.is_asking = False
        began_us = self._timeline.now_us()
        while self._timeline.now_us() - began_us < self.settings.dispense_us:
            yield from self.master.pause(self.settings.poll_us)
            yield from self._command(POLL)
        item = self._choice[0]
        (self.sold if self.settings.dispenses else self.failed).append(self._choice)
        yield from self._command((0x13, 2, *two(item)) if self.settings.dispenses else VEND_FAILURE)
        yield from self._complete()

    def _complete(self) -> Steps:
        answer = yield from self._command(SESSION_COMPLETE)
        while answer[:1] != [END]:
            yield from self.master.pause(self.settings.poll_us)
            answer = yield from self._command(POLL)
            if answer[:1] in ([JUST_RESET], [OUT_OF_SEQUENCE]):
                raise ReaderLost
        self.in_session = False
        self.credit_units = self._choice = self._returns_at_us = None

    def _act(self, answer: list[int]) -> None:
        """Take notice of what the reader says."""
        code = answer[0] if answer else None
        if code == BEGIN:
            self.in_session, self.credit_units = True, answer[1] << 8 | answer[2]
        elif code == DENIED and self.is_asking:
            self.denied.append(self._choice)
            self.is_asking, self._choice = False, None
            self._returns_at_us = self._timeline.now_us()
        elif code in (REVALUE_APPROVED, REVALUE_DENIED):
            self.revalued.append((self._timeline.now_us(), code == REVALUE_APPROVED))
        elif code in (JUST_RESET, OUT_OF_SEQUENCE):
            raise ReaderLost
