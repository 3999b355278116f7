"""`sim printer` as people type it: a printer in one process, and others that do something to it."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys

import pytest
from click.testing import CliRunner, Result
from escpos.printer import Network

from terminal_sim.cli import sim
from tests.terminal_sim.printer.pictures import opened


class Shell:
    """Types commands with one state folder."""

    def __init__(self, folder) -> None:
        self.folder = folder
        self.process: subprocess.Popen | None = None

    def type(self, *arguments: str) -> Result:
        """Run a command to its end, in this process: a Python of its own would take a second each time."""
        return CliRunner().invoke(sim, ["--state-dir", str(self.folder), *arguments])

    def json(self, *arguments: str):
        """Run a command that must succeed, and return what it prints as JSON."""
        done = self.type(*arguments, "--json")
        assert done.exit_code == 0, done.stderr
        return json.loads(done.stdout)

    def start(self, *arguments: str) -> str:
        """Run a printer in a process of its own, and return the first line that it says."""
        command = [sys.executable, "-m", "terminal_sim", "--state-dir", str(self.folder), "printer"]
        self.process = subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, text=True)
        return self.process.stdout.readline()


@pytest.fixture
def shell(tmp_path):
    """Return a shell; the printer started in it ends with the test."""
    each = Shell(tmp_path / "sim")
    yield each
    if each.process is not None:
        each.process.terminate()
        each.process.communicate(timeout=30)


def test_a_printer_runs_and_people_put_paper_in_and_close_its_drawer(shell):
    port = json.loads(shell.start("--name", "bar", "--paper", "58", "--json"))["port"]
    assert shell.json("printer", "--name", "bar", "paper", "out")["online"] is False
    pos = Network("127.0.0.1", port=port, timeout=3, profile="TM-T20II")
    pos.open()
    pos.textln("Grüße 1,20 €")
    pos.cashdraw(2)
    pos.cut()
    pos.close()
    waiting = shell.json("printer", "--name", "bar", "show")
    assert (waiting["receipts"], waiting["drawer_open"], waiting["unprinted_bytes"] > 20) == (0, False, True)
    printed = shell.json("printer", "--name", "bar", "paper", "ok")
    assert (printed["receipts"], printed["drawer_open"], printed["unprinted_bytes"]) == (1, True, 0)
    receipt = json.loads(shell.process.stdout.readline())
    assert (receipt["receipt"], receipt["text"], receipt["cut"]) == (1, "Grüße 1,20 €", "full")
    with open(receipt["picture"], "rb") as file:
        assert opened(file.read()).width == 384
    shell.json("printer", "--name", "bar", "network", "break")
    with socket.create_connection(("127.0.0.1", port), timeout=30) as host:
        host.sendall(b"a line that breaks\n" * 3)
        with pytest.raises(ConnectionResetError):
            host.recv(1)
    assert shell.json("printer", "--name", "bar", "tear")["receipts"] == 2, "what had arrived is printed"
    said = shell.type("printer", "--name", "bar", "drawer", "close").stdout
    assert "drawer closed; pulses: pin 2 100 ms" in said
    taken = shell.type("printer", "--name", "second", "--port", str(port))
    assert (taken.exit_code, taken.stderr.count("\n")) == (2, 1)
    assert f"port {port} is in use" in taken.stderr
    for words in (("show", "bar"), ("printer", "--name", "bar", "tear")):
        refused = shell.type(*words)
        assert (refused.exit_code, refused.stderr.count("\n")) == (2, 1)
    shell.process.send_signal(signal.SIGTERM)
    assert shell.process.wait(30) == 0
    assert list(shell.folder.glob("*.json")) == []


def test_a_receipt_is_shown_as_the_paper_that_it_is(shell):
    port = int(shell.start("--paper", "58").split()[1].rpartition(":")[2].rstrip(","))
    pos = Network("127.0.0.1", port=port, timeout=3)
    pos.open()
    pos.textln("Espresso")
    pos.cut()
    pos.close()
    lines = [shell.process.stdout.readline().rstrip("\n") for _ in range(6)]
    edge = "+" + "-" * 34 + "+"
    assert lines[2:5] == [edge, "| " + "Espresso".ljust(32) + " |", edge]
    assert lines[5] == str(shell.folder / "printer-receipts" / "receipt-0001.png")
