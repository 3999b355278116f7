"""Settings: what several processes read at the same moment is the same."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from ledger.settings import Settings

STARTS, AT_ONCE = 60, 4


def test_processes_that_start_at_once_sign_with_one_key(tmp_path: Path):
    barrier = Barrier(AT_ONCE)

    def start(number: int) -> str:
        barrier.wait()
        url = f"sqlite:///{tmp_path}/{number}.db"
        return Settings.from_environment({"TAPLEDGER_DATABASE_URL": url}).secret_key

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for number in range(STARTS):
            keys = set(pool.map(start, [number] * AT_ONCE))
            assert len(keys) == 1
            assert len(keys.pop()) == 43
    assert not [left for left in tmp_path.iterdir() if left.suffix != ".key"]
