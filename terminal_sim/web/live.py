"""A terminal that lives while somebody watches: its own thread lets its time pass as fast as the wall's."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from terminal_sim.control import Refused
from terminal_sim.faults import faults_of
from terminal_sim.machine import Machine
from terminal_sim.vm.process import DeviceStuck, VmDied
from terminal_sim.web.feed import Feed
from terminal_sim.web.sight import Sight

TICK_S = 0.02
# A laptop that was busy or asleep does not make up for it: its terminals were as slow as it was.
LONGEST_TICK_S = 0.25
ANSWER_TIMEOUT_S = 30.0
Result = TypeVar("Result")


class LiveTerminal:
    """Owns one machine, in a thread of its own; whoever wants something of it asks that thread.

    The machine's time is virtual, so that pulses, buses and waits are exact however busy the computer is,
    and what nobody asks for costs nothing. `make` puts the machine on the bench; it is told to the feed
    under its name.
    """

    def __init__(self, name: str, make: Callable[[], Machine], feed: Feed) -> None:
        self.name = name
        self._make = make
        self._feed = feed
        self._questions: queue.Queue[tuple[Callable[[Machine], Any], Future]] = queue.Queue()
        self._is_stopping = threading.Event()
        self.is_ready = threading.Event()
        self._thread = threading.Thread(target=self._live, name=name, daemon=True)
        self._trouble: str | None = None
        self.faults: dict[str, str] = {}

    def start(self) -> None:
        """Begin to live."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread; the machine stays as it is."""
        self._is_stopping.set()
        if self._thread.ident is not None:
            self._thread.join()

    def ask(self, question: Callable[[Machine], Result]) -> Result:
        """Let the terminal's thread call this with the machine; returns or raises what that does."""
        if not self._thread.is_alive():
            raise Refused(f"{self.name} is not there: {self._trouble or 'the board is ending'}")
        answer: Future = Future()
        self._questions.put((question, answer))
        try:
            return answer.result(ANSWER_TIMEOUT_S)
        except TimeoutError:
            raise Refused(f"{self.name} is busy: the ledger keeps it waiting") from None

    def note_fault(self, action: str, value: Any) -> None:
        """Let people see that a fault lasts, or is healed; only from within a question that did it."""
        self._sight.note_fault(action, value)

    def _live(self) -> None:
        try:
            machine = self._make()
            self.faults = {name: fault.line for name, fault in faults_of(machine).items()}
        except Exception as error:
            self._trouble = " ".join(str(error).split())
            self._feed.put(self.name, {"trouble": self._trouble})
            return
        finally:
            self.is_ready.set()
        self._sight = sight = Sight(machine)
        before_s = time.monotonic()
        while not self._is_stopping.is_set():
            self._answer_pending(machine)
            now_s = time.monotonic()
            self._advance(machine, min(now_s - before_s, LONGEST_TICK_S))
            before_s = now_s
            self._feed.put(self.name, {**sight.look(), "trouble": self._trouble})

    def _advance(self, machine: Machine, seconds: float) -> None:
        try:
            machine.run_for(seconds)
        except (DeviceStuck, VmDied, OSError) as error:
            machine.cut_power()
            self._trouble = " ".join(str(error).split())
        if machine.is_powered:
            self._trouble = None

    def _answer_pending(self, machine: Machine) -> None:
        """Answer what is asked; wait a tick for it when nothing is, so that a person is heard at once."""
        timeout_s = TICK_S
        while True:
            try:
                question, answer = self._questions.get(timeout=timeout_s)
            except queue.Empty:
                return
            timeout_s = 0
            try:
                answer.set_result(question(machine))
            except Exception as error:
                answer.set_exception(error)
