"""Twists for every Python process that has this folder on its path: weaker commits, another time.

No setting of the product reaches what is done here; the harness alone does, to see its own proofs fail.
"""

from __future__ import annotations

import os
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

# What SQLite waits for, in place of what the ledger asks for.
SYNCHRONOUS = os.environ.get("FAULTS_SYNCHRONOUS")
# A file that says by how many seconds the clock is wrong at this moment.
CLOCK = os.environ.get("FAULTS_CLOCK")


def weaken_commits() -> None:
    """Give each new connection its synchronous level, and let it keep that whatever it is told later."""
    right = sqlite3.connect

    def connect(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection = right(*arguments, **options)
        connection.execute(f"PRAGMA synchronous={SYNCHRONOUS}")
        connection.set_authorizer(_ignore_synchronous)
        return connection

    sqlite3.connect = sqlite3.dbapi2.connect = connect


def _ignore_synchronous(action: int, name: str | None, value: str | None, *_where: Any) -> int:
    is_told = action == sqlite3.SQLITE_PRAGMA and name == "synchronous" and value is not None
    return sqlite3.SQLITE_IGNORE if is_told else sqlite3.SQLITE_OK


def shift_clock() -> None:
    """Let the ledger's one door for time tell the time of a clock that is wrong."""
    from ledger.foundation.clock import SystemClock

    right = SystemClock.now

    def wrong(clock: SystemClock) -> datetime:
        return right(clock) + timedelta(seconds=int(Path(CLOCK).read_text()))

    SystemClock.now = wrong


if SYNCHRONOUS:
    weaken_commits()
if CLOCK:
    shift_clock()
