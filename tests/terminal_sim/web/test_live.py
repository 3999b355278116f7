"""A terminal in a thread of its own: it lives on when its VM dies, and its clock goes with the wall's."""

from __future__ import annotations

import os
import signal
import time

import pytest

from terminal_sim import Bench
from terminal_sim.control import Refused
from terminal_sim.web.feed import Feed
from terminal_sim.web.live import LiveTerminal

WAIT_S = 60


def wait(predicate) -> None:
    """Wait in real time until the predicate holds."""
    deadline_s = time.monotonic() + WAIT_S
    while not predicate():
        assert time.monotonic() < deadline_s
        time.sleep(0.01)


def test_a_terminal_whose_vm_dies_says_so_and_can_be_switched_on_again():
    feed = Feed()
    with Bench() as bench:
        place = {"device": "nfc_terminal", "ledger_url": "http://127.0.0.1:1", "api_token": "unknown"}
        terminal = LiveTerminal("desk", lambda: bench.terminal(name="desk", **place), feed)
        terminal.start()
        try:
            wait(lambda: feed.get("desk").get("powered"))
            os.kill(terminal.ask(lambda machine: machine.device.vm.process_id), signal.SIGKILL)
            wait(lambda: feed.get("desk")["trouble"])
            assert feed.get("desk")["powered"] is False
            terminal.ask(lambda machine: machine.boot())
            wait(lambda: feed.get("desk")["powered"] and not feed.get("desk")["trouble"])
        finally:
            terminal.stop()
        with pytest.raises(Refused, match="desk is not there"):
            terminal.ask(lambda machine: machine.seconds)


def test_a_terminal_that_cannot_be_put_there_says_why():
    feed = Feed()
    terminal = LiveTerminal("desk", lambda: Bench().terminal("toaster", "http://x", None), feed)
    terminal.start()
    terminal.is_ready.wait(WAIT_S)
    assert feed.get("desk")["trouble"].startswith("no device is named 'toaster'")
    terminal.stop()
