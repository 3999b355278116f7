"""The ledger of a board that was given none: `tapledger sandbox`, a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from terminal_sim.control import Refused

_COMMAND = "from ledger.cli.main import main; main()"
STOP_TIMEOUT_S = 30
# People for a ledger of somebody's own, which may or may not know their tokens.
WALLETS = (
    *(("Anna", "04A2246B7E1190"), ("Ben", "DEADBEEF")),
    *(("Cleo", "04112233445566778899"), ("Dan", "2F4E11C0")),
)


@dataclass(frozen=True)
class Surroundings:
    """Where the ledger is, the api_tokens of the terminals by name, and the people's (name, UID)."""

    url: str
    api_tokens: dict[str, str]
    wallets: tuple[tuple[str, str], ...]


@contextmanager
def sandbox() -> Iterator[Surroundings]:
    """Have a furnished ledger until the block ends; it may be listening a moment after this returns.

    Raises Refused when there is no `tapledger` here, or when it cannot start.
    """
    with tempfile.TemporaryDirectory(prefix="tapledger-board-") as folder:
        process = _started(Path(folder))
        try:
            yield _surroundings(process, Path(folder))
        finally:
            process.terminate()
            try:
                process.communicate(timeout=STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()


def _started(folder: Path) -> subprocess.Popen:
    command = [sys.executable, "-c", _COMMAND, "sandbox", "--port", "0", "--json"]
    with open(folder / "errors", "w", encoding="utf-8") as errors:
        # Of a Ctrl-C in the terminal the board alone hears, and ends the ledger when the devices are off.
        return subprocess.Popen(
            [*command, "--folder", str(folder / "books")],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
        )


def _surroundings(process: subprocess.Popen, folder: Path) -> Surroundings:
    line = process.stdout.readline()
    if not line:
        process.wait(STOP_TIMEOUT_S)
        said = (folder / "errors").read_text(encoding="utf-8").strip().splitlines() or ["it says no reason"]
        raise Refused(f"no ledger could be started here ({said[-1]}): start one, and give its --ledger URL")
    inside = json.loads(line)
    return Surroundings(
        inside["url"],
        {terminal["id"]: terminal["api_token"] for terminal in inside["terminals"]},
        tuple((wallet["user_name"], wallet["token_id"]) for wallet in inside["wallets"]),
    )
