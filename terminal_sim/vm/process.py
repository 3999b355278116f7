"""One MicroPython VM in a Node.js process of its own, driven over framed pipes with blocking reads."""

from __future__ import annotations

import contextlib
import json
import select
import struct
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from terminal_sim.vm.node import find_node

HERE = Path(__file__).parent
MODULE = Path("@micropython/micropython-webassembly-pyscript/micropython.mjs")

# MicroPython keeps the names of programs in pools, each twice as large as the one before: of an entry 7 bytes
# beside its letters, and 32 of the pool itself (py/qstr.c).
FIRST_POOL, ENTRY_BYTES, POOL_BYTES = 20, 7, 32

# A program that computes for so long (in real time) without looking at a clock or a pin hangs.
SILENCE_MS = 30_000


class VmMissing(Exception):
    """The MicroPython VM is not installed; the message says what to do."""


class VmDied(Exception):
    """The VM's process ended by itself."""


class DeviceStuck(Exception):
    """The program neither ends nor asks for anything: on a real device only a watchdog would help."""


class ProgramError(Exception):
    """The program on the device ended with an exception; the text is MicroPython's traceback."""

    def __init__(self, text: str, kind: str | None) -> None:
        super().__init__(text)
        self.kind = kind


@dataclass(frozen=True)
class News:
    """What the world tells the VM along with a command or an answer.

    `changes` are (pin, level, interrupts) in the order in which they happened, `wakes` the numbers
    of connections that have something to tell, times are microseconds since the world began.
    """

    now_us: int
    next_event_us: int | None = None
    changes: tuple[tuple[int, int, bool], ...] = ()
    wakes: tuple[int, ...] = ()


@dataclass(frozen=True)
class Memory:
    """What is allocated on the heap, and how many names of programs are kept there."""

    bytes: int
    names: int


@dataclass(frozen=True)
class Step:
    """One step of the event loop: the garbage it has left, when it was, and what it has asked the world."""

    garbage_bytes: int
    at_us: int
    asked: dict[str, int]


class World(Protocol):
    """What surrounds a VM: it answers its questions and keeps the time."""

    def answer(self, question: str, arguments: list[Any]) -> Any:
        """Answer one question of the VM; an exception ends the VM's step."""

    def reached(self, now_us: int) -> None:
        """Take notice that the VM's time has come so far."""

    def news(self) -> News:
        """Return what the VM has not been told yet."""

    def printed(self, line: str) -> None:
        """Take one line of the device's console."""


def pools_bytes(names: int) -> int:
    """Return what the pools of so many names take, without their letters."""
    size, room, total = FIRST_POOL, 0, 0
    while room < names:
        room, total, size = room + size, total + size * ENTRY_BYTES + POOL_BYTES, size * 2
    return total


def find_module() -> Path:
    """Return the VM's JavaScript module, from the node_modules of this checkout or of a parent folder."""
    for folder in (HERE, *HERE.parents):
        candidate = folder / "node_modules" / MODULE
        if candidate.is_file():
            return candidate
    raise VmMissing("the MicroPython VM was not found: run `python3 run.py demo` once, or `npm ci`")


class VmProcess:
    """A running VM; every command blocks until the VM has done it.

    The world's answers may raise: the exception leaves the command, and the VM, whose question was
    never answered, can then only be killed. That is what a power cut is.
    """

    def __init__(self, world: World, *, clock: str, zero_us: int = 0, heap_bytes: int = 256 * 1024) -> None:
        module = find_module()
        self._world = world
        self._process = subprocess.Popen(
            [str(find_node()), str(HERE / "host.mjs")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            # Ctrl-C is for the simulator, which switches its devices off in its own time.
            start_new_session=True,
        )
        self._output = select.poll()
        self._output.register(self._process.stdout, select.POLLIN)
        start = {"module": str(module), "shims": str(HERE / "shims"), "clock": clock}
        start |= {"zero_us": zero_us, "heap_bytes": heap_bytes}
        self.baseline = Memory(**self.command("start", start))

    @property
    def process_id(self) -> int:
        """The id of the Node.js process."""
        return self._process.pid

    def run(self, path: str) -> None:
        """Run one file of the device as its main program; ProgramError when it raises."""
        self.command("run", path)

    def execute(self, code: str) -> Any:
        """Run some code beside the program, for tests."""
        return self.command("execute", code)

    def step(self, until_us: int) -> int | None:
        """Run one task of the event loop; return when the next is due, None when none waits.

        In virtual time it goes on alone as long as nothing else is to happen before `until_us`.
        """
        due_us = int(self.command("step", until_us))
        return None if due_us < 0 else due_us

    def memory(self) -> Memory:
        """Collect garbage at the top, where nothing hides on the stack, and return what is left."""
        return Memory(**self.command("memory"))

    def live_bytes(self) -> int:
        """Return what the device's program keeps, as a board would have it, whose ROM holds the shims.

        Names are kept in pools of doubling size. Those of the program stand behind those of the shims here,
        which fills other pools than on a board; so its pools are counted as those of its names alone.
        """
        now, before = self.memory(), self.baseline
        pools = pools_bytes(now.names) - pools_bytes(before.names)
        return now.bytes - before.bytes - pools + pools_bytes(now.names - before.names)

    def weigh_steps(self) -> Step | None:
        """Return the step with the most garbage since this was asked the last time, and weigh from now on."""
        told = self.command("weigh")
        return Step(told["bytes"], int(told["atUs"]), told["asked"]) if told else None

    def command(self, name: str, *arguments: Any) -> Any:
        """Send one command and serve the VM's questions until it is done."""
        self._send([name, self._news(), *arguments])
        while True:
            kind, *rest = self._receive()
            if kind == "print":
                self._world.printed(rest[0])
            elif kind == "done":
                return self._outcome(*rest)
            else:
                self._serve(kind, rest)

    def kill(self) -> None:
        """End the VM at once, in the middle of whatever it does."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()

    def _serve(self, question: str, rest: list[Any]) -> None:
        now_us, *arguments = rest
        self._world.reached(int(now_us))
        answer: Callable[..., Any] = self._world.answer
        value = answer(question, arguments)
        self._send([value, self._news()])

    def _outcome(self, now_us: float, outcome: dict[str, Any]) -> Any:
        self._world.reached(int(now_us))
        if "error" in outcome:
            raise ProgramError(outcome["error"], outcome.get("type"))
        return outcome["value"]

    def _news(self) -> list[Any]:
        news = self._world.news()
        return [news.now_us, news.next_event_us, news.changes, news.wakes]

    def _send(self, frame: list[Any]) -> None:
        body = json.dumps(frame, separators=(",", ":")).encode()
        try:
            self._write(struct.pack("<I", len(body)) + body)
        except BrokenPipeError as error:
            raise VmDied(f"the VM ended with code {self._process.wait()}") from error

    def _write(self, data: bytes) -> None:
        sent = 0
        while sent < len(data):
            sent += self._process.stdin.write(data[sent:])

    def _receive(self) -> list[Any]:
        if not self._output.poll(SILENCE_MS):
            raise DeviceStuck(f"the program has been computing for {SILENCE_MS // 1000} s without a pause")
        (length,) = struct.unpack("<I", self._exactly(4))
        return json.loads(self._exactly(length))

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            part = self._process.stdout.read(count - len(data))
            if not part:
                raise VmDied(f"the VM ended with code {self._process.wait()}")
            data += part
        return data
