"""Runs the real command in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from ledger.cli.main import main

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
        """Give it bad input: exit status 2, nothing on standard output, one line on standard error.

        Runs inside this process, because a new one for each of many inputs takes a second each.
        """
        status, out, err = self._run_here(words, {**self.environment, **environment})
        assert (status, out) == (2, ""), (status, out, err)
        assert err.startswith("tapledger: "), err
        assert err.count("\n") == 1, err
        return err

    def _run_here(self, words: tuple[str, ...], environment: dict[str, str]) -> tuple[int, str, str]:
        out, err = StringIO(), StringIO()
        with (
            patched(os.environ, environment),
            patched(vars(sys), {"argv": ["tapledger", *words]}),
            redirect_stdout(out),
            redirect_stderr(err),
            pytest.raises(SystemExit) as ended,
        ):
            main()
        return ended.value.code, out.getvalue(), err.getvalue()

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


@contextmanager
def patched(mapping: MutableMapping[str, Any], values: dict[str, Any]) -> Iterator[None]:
    """Give a mapping other values for a while."""
    before = {name: mapping[name] for name in values if name in mapping}
    mapping.update(values)
    try:
        yield
    finally:
        for name in values:
            mapping.pop(name, None)
        mapping.update(before)
