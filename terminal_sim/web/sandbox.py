"""The ledger of a board that was given none: `tapledger sandbox`, a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
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
    """Where the ledger is, the api_tokens of the terminals by name, and the people's (name, UID).

    Of a ledger that was started here it is known where its books are.
    """

    url: str
    api_tokens: dict[str, str]
    wallets: tuple[tuple[str, str], ...]
    database_url: str = ""


class Sandbox:
    """A furnished ledger of its own until the block ends; it starts while others get ready.

    `surroundings` waits until it is furnished; it may be listening a moment later. Raises Refused when there
    is no `tapledger` here, or when it cannot start.
    """

    def __enter__(self) -> Sandbox:
        self._folder = tempfile.TemporaryDirectory(prefix="tapledger-board-")
        self._errors = Path(self._folder.name) / "errors"
        command = [sys.executable, "-c", _COMMAND, "sandbox", "--port", "0", "--json"]
        with self._errors.open("w", encoding="utf-8") as errors:
            # Of a Ctrl-C in the terminal the board alone hears, and ends the ledger when the devices are off.
            self._process = subprocess.Popen(
                [*command, "--folder", str(Path(self._folder.name) / "books")],
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                start_new_session=True,
            )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.communicate(timeout=STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
        self._folder.cleanup()

    def surroundings(self) -> Surroundings:
        """Return what is in it."""
        line = self._process.stdout.readline()
        if not line:
            self._process.wait(STOP_TIMEOUT_S)
            said = self._errors.read_text(encoding="utf-8").strip().splitlines() or ["it says no reason"]
            raise Refused(f"no ledger could be started here ({said[-1]}): give the --ledger URL of one")
        inside = json.loads(line)
        return Surroundings(
            inside["url"],
            {terminal["id"]: terminal["api_token"] for terminal in inside["terminals"]},
            tuple((wallet["user_name"], wallet["token_id"]) for wallet in inside["wallets"]),
            f"sqlite:///{self._folder.name}/books/books.db",
        )
