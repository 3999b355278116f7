"""What the board in the browser costs: until it is ready, and from a tap to what the page is told of it.

.venv/bin/python -m benchmarks.board [--starts 3] [--taps 40]

By the wall, because people wait by it, and by what all its processes have computed, because others may share
the machine. Exits with 1 when a figure breaks its promise.
"""

from __future__ import annotations

import argparse
import http.client
import json
import queue
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.servers import cpu_ns

MOST_READY_S = 2.0
MOST_SHOWN_MS = 100
ANNA = {"uid": "04A2246B7E1190"}
TERMINAL = "nfc_terminal"


@dataclass(frozen=True)
class Running:
    """A board that was started by its command, when its machines sold, and how to be its page."""

    process: subprocess.Popen
    ready_s: float
    netloc: str
    headers: dict[str, str]


@contextmanager
def _running() -> Iterator[Running]:
    began_s = time.perf_counter()
    command = [sys.executable, "-m", "terminal_sim", "board", "--no-browser", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        address = urlsplit(json.loads(process.stdout.readline())["board"])
        cookie = f"board-{address.port}={address.query.removeprefix('key=')}"
        origin = f"http://{address.netloc}"
        headers = {"Cookie": cookie, "Origin": origin, "Content-Type": "application/json"}
        _wait_until_selling(address.netloc, headers)
        yield Running(process, time.perf_counter() - began_s, address.netloc, headers)
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


def _wait_until_selling(netloc: str, headers: dict[str, str]) -> None:
    for news in _told(netloc, headers):
        if "Choose a drink" in " ".join(news.get("coffee_machine", {}).get("lines", ())):
            return


def ready(starts: int) -> bool:
    """Measure how long it takes until the page shows a machine that sells, with a new ledger behind it."""
    times = []
    for _ in range(starts):
        with _running() as board:
            pids = [board.process.pid, *_children(board.process.pid)]
            computed_s = sum(cpu_ns(pid) for pid in pids) / 1e9
            times.append(board.ready_s)
            print(f"ready after {board.ready_s:.2f} s; {len(pids)} processes computed {computed_s:.2f} s")
    print(f"the board is ready after {min(times):.2f} s at best (promised: {MOST_READY_S:.0f} s)", flush=True)
    return min(times) < MOST_READY_S


def shown(taps: int) -> bool:
    """Measure from a click on Tap to the moment at which the page is told that the card lies there."""
    with _running() as board:
        told: queue.Queue[tuple[float, list[str]]] = queue.Queue()
        threading.Thread(target=_listen, args=(board, told), daemon=True).start()
        connection = http.client.HTTPConnection(board.netloc)
        times = []
        for _ in range(taps):
            times.append(_seconds_until_told(board, connection, told, "tap", ANNA) * 1000)
            _seconds_until_told(board, connection, told, "untap", True)
    median_ms, worst_ms = statistics.median(times), max(times)
    print(f"{taps} taps are told to the page after {median_ms:.0f} ms, median; {worst_ms:.0f} ms at most "
          f"(promised: {MOST_SHOWN_MS} ms)")  # fmt: skip
    return median_ms < MOST_SHOWN_MS


def _seconds_until_told(
    board: Running, connection: http.client.HTTPConnection, told: queue.Queue, action: str, value: Any
) -> float:
    began_s = time.perf_counter()
    path, body = f"/terminals/{TERMINAL}/{action}", json.dumps({"value": value})
    connection.request("POST", path, body, board.headers)
    connection.getresponse().read()
    while True:
        at_s, on_reader = told.get(timeout=30)
        if bool(on_reader) == (action == "tap"):
            return at_s - began_s


def _listen(board: Running, told: queue.Queue) -> None:
    for news in _told(board.netloc, board.headers):
        if "on_reader" in news.get(TERMINAL, {}):
            told.put((time.perf_counter(), news[TERMINAL]["on_reader"]))


def _told(netloc: str, headers: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Be a page: yield what the stream tells, until the board ends."""
    with closing(http.client.HTTPConnection(netloc)) as connection:
        connection.request("GET", "/events", headers=headers)
        for line in connection.getresponse():
            if line.startswith(b"data: "):
                yield json.loads(line.removeprefix(b"data: "))


def _children(pid: int) -> list[int]:
    # Each terminal's thread has started a process of its own.
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    own = [int(child) for each in lists for child in each.read_text().split()]
    return [*own, *(grandchild for child in own for grandchild in _children(child))]


def main() -> None:
    """Print both figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--starts", type=int, default=3)
    parser.add_argument("--taps", type=int, default=40)
    options = parser.parse_args()
    kept = [ready(options.starts), shown(options.taps)]
    sys.exit(0 if all(kept) else 1)


if __name__ == "__main__":
    main()
