"""An operator at the ledger's machine, who types commands of `tapledger`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Protocol

TIMEOUT_S = 120


class CommandRefused(AssertionError):
    """The command was not done; the message is the line that it printed."""


class Operator(Protocol):
    """Somebody who types commands of `tapledger`."""

    def type(self, *words: str) -> Any:
        """Type a command, and return what it prints as JSON; CommandRefused when it is refused."""


class Shell:
    """Types them into processes of their own; without `database_url` for the books of the environment."""

    def __init__(self, database_url: str | None = None) -> None:
        # It stands beside the Python that runs this: another one may belong to other books.
        self._command = Path(sys.executable).with_name("tapledger")
        if not self._command.exists():
            raise ValueError("`tapledger` is not installed beside this Python: pip install tapledger")
        books = {"TAPLEDGER_DATABASE_URL": database_url} if database_url else {}
        self._environment = {**os.environ, **books}

    def type(self, *words: str) -> Any:
        """Type a command, and return what it prints as JSON; CommandRefused when it is refused."""
        ended = subprocess.run(
            [str(self._command), *words, "--json"],
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
        )
        if ended.returncode:
            raise CommandRefused((ended.stderr or ended.stdout).strip())
        return json.loads(ended.stdout)
