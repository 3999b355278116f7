"""A simulated device: flash, wires and network around a VM that is stepped through its own time."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from typing import Any

from terminal_sim.chips.mdb_bus import MdbBus
from terminal_sim.parts.connections import Connections
from terminal_sim.parts.network import Network
from terminal_sim.parts.serial_lines import SerialPorts, SPIBuses
from terminal_sim.parts.wires import GpioWires, I2CBus, PwmOutputs
from terminal_sim.vm.clock import Timeline, make_clock
from terminal_sim.vm.files import Files
from terminal_sim.vm.flash import FlashChip
from terminal_sim.vm.process import DeviceStuck, News, ProgramError, VmProcess

POWER_ON, HARD_RESET, WATCHDOG_RESET = 1, 2, 3
# From reset to the first line of boot.py; a chip needs about that long.
START_DELAY_US = 200_000
# A blocking wait without a timeout that lasts so long will never end.
LONGEST_BLOCK_US = 600_000_000
# MicroPython's ticks cannot tell a longer time from a negative one.
LONGEST_LEAP_S = 6 * 24 * 3600
EVENTS = ("request_sent", "request_delivered", "answer_heard", "relay_closed", "relay_opened")


class PowerCut(Exception):
    """The power failed; the VM is where it was and never goes on."""


class Restart(Exception):
    """The device starts again by itself."""

    def __init__(self, cause: int) -> None:
        super().__init__(f"restart, cause {cause}")
        self.cause = cause


class Device:
    """One device in its own time.

    `make_board(device)` solders the chips on at each start, to the fresh `wires`, `bus`,
    `spi` and `uarts`.
    Nothing runs unless somebody calls `advance`. The end of the program leaves the device on
    and idle, with the traceback on its console.
    """

    def __init__(
        self,
        name: str,
        *,
        clock: str = "virtual",
        chip: FlashChip | None = None,
        make_board: Callable[[Device], Any] | None = None,
        entropy: random.Random | None = None,
        uptime_ms: int = 0,
    ) -> None:
        self.name = name
        self.timeline = Timeline(make_clock(clock))
        self.chip = chip or FlashChip()
        self.network = Network()
        self.console: list[str] = []
        self.events: list[tuple[int, str]] = []
        self.program_error: str | None = None
        self.vm: VmProcess | None = None
        self.board: Any = None
        # Hangs outside, and outlives the board.
        self.vending_bus: MdbBus | None = None
        self._make_board = make_board
        self._entropy = entropy or random.SystemRandom()
        self._uptime_ms = uptime_ms
        self._is_running = False
        self._due_us: int | None = 0
        self._restart_cause: int | None = None
        self._cut_event: str | None = None
        self._cut_predicate: Callable[[], bool] | None = None
        self._files: Files | None = None

    @property
    def is_powered(self) -> bool:
        """Tell whether the device is on."""
        return self.vm is not None

    def boot(self, cause: int = POWER_ON) -> None:
        """Switch on, or start again: run boot.py and main.py up to the event loop."""
        if self.vm is not None:
            raise RuntimeError(f"{self.name} is on already")
        self.chip.power_on()
        self._files = Files(self.chip)
        self.wires = GpioWires(self.timeline.now_us)
        self.bus = I2CBus(self._pass_time)
        self.spi = SPIBuses(self.wires, self._pass_time)
        self.uarts = SerialPorts(self.timeline)
        self.pwm = PwmOutputs()
        self.connections = Connections(self.timeline, self.network, self.happened)
        self._feed_until_us: int | None = None
        self._reset_cause, self._restart_cause = cause, None
        self._zero_us = self.timeline.now_us() - self._uptime_ms * 1000
        self._answers = self._make_answers()
        self.board = self._make_board(self) if self._make_board else None
        self.program_error, self._is_running, self._due_us = None, True, 0
        self.vm = VmProcess(self, clock=self.timeline.clock.kind, zero_us=self._zero_us)
        for path in ("boot.py", "main.py"):
            if self._is_running and path in self._files.names():
                self._guarded(lambda path=path: self.vm.run("/" + path))

    def power_off(self) -> None:
        """Take the power away at this moment; what was not flushed is gone."""
        if self.vm is None:
            return
        self._cut_event = self._cut_predicate = None
        self.vm.kill()
        self.wires.let_go()
        self.pwm.let_go()
        self.vm, self.board, self._is_running = None, None, False
        self._files.abandon()
        self._files = None
        self.connections.close_all()

    def close(self) -> None:
        """Switch off and let go of everything."""
        self.power_off()
        self.chip.close()

    def cut_power_when(self, condition: Callable[[], bool] | str) -> None:
        """Let the power fail at a named event (EVENTS), or as soon as the condition holds."""
        if isinstance(condition, str):
            if condition not in EVENTS:
                raise ValueError(f"no event is named {condition!r}; there are {', '.join(EVENTS)}")
            self._cut_event = condition
        else:
            self._cut_predicate = condition

    def happened(self, event: str) -> None:
        """Note an event of the world; the power may be set to fail at it."""
        self.events.append((self.timeline.now_us(), event))
        if event == self._cut_event:
            raise PowerCut(event)

    def files(self) -> Files:
        """Return the filesystem; mounted for a moment when the device is off."""
        if self._files is not None:
            return self._files
        self.chip.power_on()
        return Files(self.chip)

    def advance(self, until_us: int) -> None:
        """Let time pass up to a moment at most, and the device take one step when one is due."""
        if self._restart_cause is not None:
            self._start_again()
        elif not self._is_running:
            self._guarded(lambda: self.timeline.wait(until_us, lambda: False))
        else:
            self._guarded(lambda: self._wait_and_step(until_us))

    def leap(self, duration_us: int) -> None:
        """Let the clock jump forward by at most LONGEST_LEAP_S; what was due meanwhile happens late.

        The watchdog did not wait meanwhile: it has its whole time again.
        """
        if not 0 <= duration_us <= LONGEST_LEAP_S * 1_000_000:
            raise ValueError(f"the clock jumps forward, by {LONGEST_LEAP_S} s at most")
        self.timeline.clock.leap(duration_us)
        if self.vm is not None and self._feed_until_us is not None:
            self._feed_watchdog(self._watchdog_ms)

    def live_bytes(self) -> int:
        """Return what the firmware keeps on the heap after a collection, without the simulator's shims."""
        return self.vm.live_bytes()

    def _wait_and_step(self, until_us: int) -> None:
        target_us = until_us if self._due_us is None else min(self._due_us, until_us)
        self.timeline.wait(target_us, self._has_news)
        is_due = self._due_us is not None and self.timeline.now_us() >= self._due_us
        if is_due or self._has_news():
            self._due_us = self.vm.step(until_us)

    def _has_news(self) -> bool:
        return self.wires.has_interrupt or self.connections.has_wakes

    def _guarded(self, action: Callable[[], Any]) -> None:
        try:
            action()
            if self._cut_predicate is not None and self._cut_predicate():
                raise PowerCut("condition")
        except PowerCut:
            self.power_off()
        except Restart as restart:
            self.power_off()
            self._restart_cause = restart.cause
        except ProgramError as error:
            self._is_running = False
            if error.kind != "MainEnded":
                self.program_error = str(error)
                self.console.extend(str(error).rstrip().splitlines())

    def _start_again(self) -> None:
        cause = self._restart_cause
        self.timeline.reach(self.timeline.now_us() + START_DELAY_US)
        self.boot(cause)

    # The World that the VM asks.

    def answer(self, question: str, arguments: list[Any]) -> Any:
        """Answer one question of the VM; PowerCut and Restart leave it unanswered for ever."""
        value = self._answers[question](*arguments)
        if not self.chip.has_power:
            raise PowerCut("at a flash operation")
        if self._cut_predicate is not None and self._cut_predicate():
            raise PowerCut("condition")
        return value

    def reached(self, now_us: int) -> None:
        """Let the world catch up with the VM."""
        self.timeline.reach(now_us)

    def news(self) -> News:
        """Tell the VM what has changed."""
        return News(
            self.timeline.now_us(),
            self.timeline.next_us(),
            self.wires.take_changes(),
            self.connections.take_wakes(),
        )

    def printed(self, line: str) -> None:
        """Keep a line of the console."""
        self.console.append(line)

    def _make_answers(self) -> dict[str, Callable[..., Any]]:
        answers: dict[str, Callable[..., Any]] = {
            "sync": lambda: 0,
            "sleep": self._sleep,
            "watchdog": self._feed_watchdog,
            "reset": self._reset,
            "reset_cause": lambda: self._reset_cause,
            "unique_id": lambda: hashlib.sha256(self.name.encode()).digest()[:6].hex(),
            "entropy": lambda count: self._entropy.randbytes(count).hex(),
            "tcp_wait": self._wait_for_connection,
        }
        for source, names in (
            (self.wires, ("pin_setup", "pin_write", "pin_irq")),
            (self.pwm, ("pwm_set",)),
            (self.bus, ("i2c_write", "i2c_read", "i2c_scan")),
            (self.spi, ("spi_exchange",)),
            (self.uarts, ("uart_open", "uart_write", "uart_any", "uart_read")),
            (self.connections, ("link", "tcp_open", "tcp_state", "tcp_send", "tcp_receive", "tcp_close")),
        ):
            answers.update({name: getattr(source, name) for name in names})
        for name in Files.CALLS:
            answers[name] = lambda *arguments, name=name: self._files.answer(name, arguments)
        return answers

    def _sleep(self, until_us: int) -> int:
        self.timeline.wait(int(until_us), self._has_news)
        return 0

    def _wait_for_connection(self, _number: int, left_ms: int) -> int:
        wait_us = LONGEST_BLOCK_US if left_ms < 0 else left_ms * 1000
        self.timeline.wait(self.timeline.now_us() + wait_us, self._has_news)
        if left_ms < 0 and not self._has_news():
            raise DeviceStuck("the program waits in a blocking socket that has no timeout")
        return 0

    def _pass_time(self, duration_us: int) -> None:
        if self.timeline.clock.kind == "virtual":
            self.timeline.reach(self.timeline.now_us() + duration_us)

    def _reset(self, cause: int) -> None:
        raise Restart(cause)

    def _feed_watchdog(self, timeout_ms: int) -> int:
        self._watchdog_ms = timeout_ms
        self._feed_until_us = deadline_us = self.timeline.now_us() + timeout_ms * 1000

        def bite() -> None:
            if self.vm is not None and self._feed_until_us == deadline_us:
                raise Restart(WATCHDOG_RESET)

        self.timeline.at(deadline_us, bite)
        return 0
