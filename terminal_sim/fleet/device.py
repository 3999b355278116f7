"""A terminal of the fleet that is a whole device: the firmware in its VM, and a person in front of it."""

from __future__ import annotations

import contextlib
import json
import queue
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from terminal_sim.bench import Bench
from terminal_sim.fleet.account import Exchange
from terminal_sim.fleet.plan import LOOK, LOOK_AND_BUY, LOST_REQUEST, SILENCE, TOP_UP, Tap
from terminal_sim.machine import Machine, NotSeen
from terminal_sim.parts.network import Request

# A message need not be read here, and a cup is small.
_BRISK = {"message_ms": 500, "vend_pulse_ms": 50}
_READY = {"coffee_machine": "Choose a drink", "nfc_terminal": "Amount and # to top up"}
_BUTTONS = 4
# On a busy machine a device may be slow to feel a touch: the finger stays for as long as that takes.
_TOUCH_S = 20
_BETWEEN_TOUCHES_S = 0.13
_READY_S = 60
_OUTCOME_S = 60
_SLICE_S = 0.05


class FleetDevice:
    """Runs in a thread of its own, in real time; `tell` and `done` are called from that thread.

    `tell(exchange)` hears of each exchange when its outcome is known, `done()` of each tap that is over.
    """

    def __init__(self, name: str, url: str, api_token: str, products: list[tuple[str, str, int]]) -> None:
        self.name = name
        self._device = "coffee_machine" if products else "nfc_terminal"
        self._buttons = [product_id for product_id, _, _ in products[:_BUTTONS]]
        self._url, self._api_token = url, api_token
        self._prefix = urlsplit(url).path.rstrip("/")
        self._taps: queue.Queue[Tap] = queue.Queue()
        self._bench = Bench(clock="real")
        self._untold = self._told = 0
        self._is_serving = False
        self._is_stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.ready = threading.Event()
        # Why it does not serve any more, and how many people went away unserved.
        self.failure: str | None = None
        self.missed = 0
        self.tell: Callable[[Exchange], Any] = lambda exchange: None
        self.done: Callable[[], Any] = lambda: None

    @property
    def is_at_rest(self) -> bool:
        """Tell whether nobody waits here, and every request has been told of."""
        return bool(self.failure) or (self._taps.empty() and not self._is_serving and not self._untold)

    def open(self, done: Callable[[], Any]) -> None:
        """Call `done` after each tap from now on."""
        self.done = done

    def start(self) -> None:
        """Switch on; `ready` is set when it can serve, or has failed."""
        self._thread.start()

    def serve(self, tap: Tap) -> None:
        """Let somebody with a token come, behind those who wait already."""
        self._taps.put(tap)

    def send_home(self) -> None:
        """Let those go who wait."""
        with contextlib.suppress(queue.Empty):
            while True:
                self._taps.get_nowait()

    def stop(self) -> None:
        """Switch off, and wait until it is."""
        self._is_stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        try:
            machine = self._boot()
            self.ready.set()
            while not self._is_stopping.is_set():
                self._next(machine)
        except Exception as error:
            self.failure = " ".join(str(error).split()) or repr(error)
        finally:
            self.ready.set()
            self._bench.close()

    def _boot(self) -> Machine:
        machine = self._bench.terminal(
            self._device, self._url, self._api_token, self.name, buttons=self._buttons, **_BRISK
        )
        # What is measured is the ledger, and no radio.
        machine.network.latency_ms = 0
        machine.wait_display(_READY[self._device], _READY_S)
        return machine

    def _next(self, machine: Machine) -> None:
        # Set before anybody can see the queue empty.
        self._is_serving = True
        try:
            tap = self._taps.get_nowait()
        except queue.Empty:
            self._is_serving = False
            machine.run_for(_SLICE_S)
            self._tell(machine)
            return
        try:
            self._act(machine, tap)
        except NotSeen:
            self.missed += 1
        machine.untap()
        with contextlib.suppress(NotSeen):
            # While the ledger is away a device never gets there, and is none the worse for it.
            machine.wait_display(_READY[self._device], _OUTCOME_S)
        machine.network.online()
        self._tell(machine)
        self._is_serving = False
        self.done()

    def _act(self, machine: Machine, tap: Tap) -> None:
        asked = len(machine.network.requests)
        if self._device == "nfc_terminal":
            self._at_desk(machine, tap)
        elif tap.does == LOOK_AND_BUY:
            self._look_and_buy(machine, tap)
        else:
            self._press(machine, tap, lambda: machine.shows("Hold your token"))
            _lose(machine, tap.lost)
            machine.tap(tap.token)
            self._wait_outcome(machine, asked, "POST")

    def _look_and_buy(self, machine: Machine, tap: Tap) -> None:
        requests = machine.network.requests
        asked = len(requests)
        machine.tap(tap.token)
        if self._wait_outcome(machine, asked) != 200:
            return
        asked = len(requests)
        self._press(machine, tap, lambda: len(requests) > asked)
        if self._wait_outcome(machine, asked, "POST") != 200:
            return
        machine.wait_display("Leaves")
        asked = len(requests)
        _lose(machine, tap.lost)
        self._press(machine, tap, lambda: len(requests) > asked)
        self._wait_outcome(machine, asked, "POST")

    def _at_desk(self, machine: Machine, tap: Tap) -> None:
        asked = len(machine.network.requests)
        if tap.does == TOP_UP:
            self._type(machine, tap.cents)
            _lose(machine, tap.lost)
        machine.tap(tap.token)
        self._wait_outcome(machine, asked, "GET" if tap.does == LOOK else "POST")

    def _press(self, machine: Machine, tap: Tap, is_felt: Callable[[], bool]) -> None:
        buttons, number = machine.device.board.buttons, tap.choice % len(self._buttons)
        self._touch(machine, buttons, number, is_felt)

    def _type(self, machine: Machine, cents: int) -> None:
        """Type an amount and `#`, looking at the display after each key."""
        keypad, typed = machine.device.board.keypad, ""
        for digit in str(cents):
            typed += digit
            shown = f"{int(typed) // 100}.{int(typed) % 100:02} EUR"
            self._touch(machine, keypad, digit, lambda shown=shown: machine.shows(shown))
        self._touch(machine, keypad, "#", lambda: machine.shows("hold the token"))

    def _touch(self, machine: Machine, part: Any, name: Any, is_felt: Callable[[], bool]) -> None:
        """Hold a button or a key down until the device shows that it has felt it."""
        part.press(name)
        try:
            machine.wait_until(is_felt, _TOUCH_S)
        finally:
            part.release(name)
        machine.run_for(_BETWEEN_TOUCHES_S)

    def _wait_outcome(self, machine: Machine, asked: int, method: str = "GET") -> int | None:
        """Wait for the answer to what a token has led to since then; None when the device gives up."""

        def sent() -> list[Request]:
            since = machine.network.requests[asked:]
            return [each for each in since if each.method == method and "/wallets/" in each.path]

        def status() -> int | None:
            return next((request.status for request in sent() if request.status), None)

        def is_over() -> bool:
            # Before a booking the display shows something else than that it waits for people.
            may_be_idle = method == "POST" or bool(sent())
            return status() is not None or (may_be_idle and machine.shows(_READY[self._device]))

        machine.wait_until(is_over, _OUTCOME_S)
        if not sent():
            raise NotSeen(f"{self.name} has overlooked somebody")
        return status()

    def _tell(self, machine: Machine) -> None:
        """Tell of the requests whose outcome is known: one without an answer, when the next one was sent."""
        requests = machine.network.requests
        while self._told < len(requests):
            request = requests[self._told]
            is_last = self._told == len(requests) - 1
            if request.status is None and is_last:
                break
            self._told += 1
            self.tell(self._exchange(request))
        self._untold = len(requests) - self._told

    def _exchange(self, request: Request) -> Exchange:
        latency_ms = None if request.heard_us is None else (request.heard_us - request.at_us) / 1000
        path = request.path.removeprefix(self._prefix)
        answer = _answer(request.answer)
        return Exchange(self.name, request.method, path, request.body, request.status, answer, latency_ms)


def _lose(machine: Machine, what: str | None) -> None:
    network = machine.network
    if what == SILENCE:
        network.drop_answer(method="POST")
        network.drop_request(5, method="POST")
    elif what == LOST_REQUEST:
        network.drop_request(method="POST")
    elif what is not None:
        network.drop_answer(method="POST")


def _answer(raw: bytes) -> dict[str, Any]:
    try:
        value = json.loads(raw.partition(b"\r\n\r\n")[2])
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
