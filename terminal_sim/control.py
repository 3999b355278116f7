"""The control socket of a running terminal: one JSON line asks, one answers, on loopback only."""

from __future__ import annotations

import contextlib
import hmac
import json
import os
import queue
import re
import secrets
import socket
import socketserver
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STATE_DIR = Path("var") / "sim"
NAME_RULE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
ANSWER_TIMEOUT_S = 20.0


class Refused(Exception):
    """A command cannot be done; the message is one clear line for a person."""


@dataclass(frozen=True)
class State:
    """What the state file of a running terminal says: where to reach it, and with which secret."""

    name: str
    device: str
    port: int
    process_id: int
    secret: str


def check_name(name: str) -> str:
    """Return the name; Refused when it cannot name a file."""
    if not NAME_RULE.fullmatch(name):
        raise Refused(f"{name!r} is no name for a terminal: use letters, digits, - and _, at most 40")
    return name


def state_path(name: str, state_dir: Path = STATE_DIR) -> Path:
    """Return where the terminal's state file is."""
    return state_dir / f"{check_name(name)}.json"


def write_state(state: State, state_dir: Path = STATE_DIR) -> Path:
    """Write the state file, readable for its owner alone."""
    state_dir.mkdir(parents=True, exist_ok=True)
    path = state_path(state.name, state_dir)
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        json.dump(state.__dict__, file)
    return path


def read_state(name: str, state_dir: Path = STATE_DIR) -> State:
    """Return the state of a terminal; Refused when none of that name runs."""
    try:
        return State(**json.loads(state_path(name, state_dir).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        raise Refused(_not_running(name, state_dir)) from None


def running(state_dir: Path = STATE_DIR) -> list[State]:
    """Return the terminals that answer, by name."""
    states = []
    for path in sorted(state_dir.glob("*.json")):
        with contextlib.suppress(Refused):
            state = read_state(path.stem, state_dir)
            ask(state, "ping")
            states.append(state)
    return states


def ask(state: State, command: str, **arguments: Any) -> Any:
    """Let a running terminal do something and return the result; Refused with its words when it cannot."""
    question = {"secret": state.secret, "command": command, "arguments": arguments}
    try:
        with socket.create_connection(("127.0.0.1", state.port), timeout=ANSWER_TIMEOUT_S) as connection:
            connection.sendall(json.dumps(question).encode() + b"\n")
            with connection.makefile("rb") as stream:
                answer = json.loads(stream.readline())
    except (OSError, ValueError):
        raise Refused(f"the terminal {state.name} does not answer; it has ended") from None
    if "error" in answer:
        raise Refused(answer["error"])
    return answer["value"]


def _not_running(name: str, state_dir: Path) -> str:
    names = ", ".join(state.name for state in running_files(state_dir)) or "none"
    return f"no terminal named {name} runs here; running: {names}"


def running_files(state_dir: Path) -> list[State]:
    """Return what the state files say, whether or not the terminals still answer."""
    states = []
    for path in sorted(state_dir.glob("*.json")):
        with contextlib.suppress(OSError, ValueError, TypeError):
            states.append(State(**json.loads(path.read_text(encoding="utf-8"))))
    return states


def refuse_a_second(name: str, state_dir: Path) -> None:
    """Refused when something of this name runs already."""
    if not state_path(name, state_dir).exists():
        return
    try:
        ask(read_state(name, state_dir), "ping")
    except Refused:
        return
    raise Refused(f"a terminal named {name} runs already")


class ControlServer:
    """Takes commands from other processes and lets the terminal's own thread do them.

    `serve_pending(execute)` is called by that thread, between two moments of the terminal.
    """

    def __init__(self) -> None:
        self.secret = secrets.token_hex(16)
        self._questions: queue.Queue[tuple[dict[str, Any], queue.Queue]] = queue.Queue()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.control = self
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True
        )
        self._thread.start()

    def serve_pending(self, execute: Callable[[str, dict[str, Any]], Any]) -> None:
        """Do every command that has arrived."""
        while True:
            try:
                question, reply = self._questions.get_nowait()
            except queue.Empty:
                return
            reply.put(self._do(execute, question))

    def submit(self, question: Any) -> dict[str, Any]:
        """Hand a question to the terminal's thread and wait for the answer."""
        if not isinstance(question, dict) or not hmac.compare_digest(
            str(question.get("secret")), self.secret
        ):
            return {"error": "the secret of the state file is missing or wrong"}
        reply: queue.Queue = queue.Queue()
        self._questions.put((question, reply))
        try:
            return reply.get(timeout=ANSWER_TIMEOUT_S)
        except queue.Empty:
            return {"error": "the terminal is busy"}

    def close(self) -> None:
        """Stop taking commands."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _do(self, execute: Callable[[str, dict[str, Any]], Any], question: dict[str, Any]) -> dict[str, Any]:
        try:
            return {"value": execute(str(question.get("command")), dict(question.get("arguments") or {}))}
        except (Refused, ValueError, TypeError, RuntimeError) as error:
            return {"error": str(error)}


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    control: ControlServer


class _Handler(socketserver.StreamRequestHandler):
    timeout = 5

    def handle(self) -> None:
        try:
            question = json.loads(self.rfile.readline(65536))
        except (OSError, ValueError):
            return
        answer = self.server.control.submit(question)
        with contextlib.suppress(OSError):
            self.wfile.write(json.dumps(answer).encode() + b"\n")
