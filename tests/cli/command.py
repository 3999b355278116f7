"""Runs the real command in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

TAPLEDGER = Path(sysconfig.get_path("scripts")) / "tapledger"
ROOT = Path(__file__).parents[2]


class Command:
    """`tapledger` on the books in one file."""

    def __init__(self, books: Path) -> None:
        self.books = books
        self.environment = {**os.environ, "TAPLEDGER_DATABASE_URL": f"sqlite:///{books}"}
        self.environment.pop("TAPLEDGER_SECRET_KEY", None)

    def run(self, *words: str, **environment: str) -> subprocess.CompletedProcess:
        """Run it and return how it ended and what it printed."""
        return subprocess.run(
            [TAPLEDGER, *words],
            env={**self.environment, **environment},
            cwd=self.books.parent,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def data(self, *words: str) -> Any:
        """Run it with --json and return its result; it must succeed."""
        ended = self.run(*words, "--json")
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout)

    def refused(self, *words: str, **environment: str) -> str:
        """Run it with bad input: exit status 2, nothing on standard output, one line on standard error."""
        ended = self.run(*words, **environment)
        assert (ended.returncode, ended.stdout) == (2, ""), ended
        assert ended.stderr.startswith("tapledger: "), ended.stderr
        assert ended.stderr.count("\n") == 1, ended.stderr
        return ended.stderr

    def start(self, *words: str) -> subprocess.Popen:
        """Start it in the background; the test ends it by its pid."""
        return subprocess.Popen(
            [TAPLEDGER, *words],
            env=self.environment,
            cwd=self.books.parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
