"""The demo as a newcomer runs it, on an SQLite file of its own, and what `--keep` leaves running."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import ledger.cli.demo as demo_module
from ledger.cli.context import run
from ledger.cli.demo import story
from ledger.cli.demo.narrator import Narrator
from ledger.cli.demo.stage import ANNA_TOKEN, BEN_TOKEN, CAST
from ledger.cli.main import main
from ledger.domain.wallets.commands import top_up_by_hand
from tests.cli.command import Command


def test_the_demo_tells_its_story_and_ends_with_whole_books(command: Command):
    ended = command.run("demo")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stderr == ""
    said = ended.stdout
    for promise in (
        "3.50 EUR credited",
        "Enjoy your Espresso!",
        "Top up first",
        "Being checked",
        "10.00 EUR booked",
        "Nothing was booked",
        "One debit, one coffee.",
        "the books are whole",
    ):
        assert promise in said
    assert said.count("a clock of its own") == 1
    assert re.search(r"answer dropped, heard nothing\n.*heard 202", said)
    anna, ben = re.findall(r"^wal_\w{16} of (?:anna|ben).*?(?=\n\n)", said, re.S | re.M)
    assert "balance 1.10 EUR" in anna
    assert anna.count("-1.20 EUR  Espresso") == 2
    assert "balance 10.30 EUR" in ben


def test_the_demo_leaves_the_ledger_of_the_settings_alone(command: Command):
    before = command.books.read_bytes()
    assert command.run("demo").returncode == 0
    assert command.books.read_bytes() == before
    assert (command.books.parent / "var" / "demo" / "books.db").exists()


@pytest.fixture
def handlers() -> Iterator[None]:
    """Give the test run its signal handlers back."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


class Meddler(Narrator):
    """Books a cent on a wallet while the scene is being told."""

    def __init__(self, stage, token: str) -> None:
        super().__init__(pause_s=0)
        self._stage, self._token = stage, token

    def show(self, machine) -> None:
        """Show the display, and meddle."""
        super().show(machine)
        wallet_code = self._stage.wallet_codes[self._token]
        gift = {"amount_cents": 1, "description": "Meddled"}
        run(self._stage.ledger, top_up_by_hand, wallet_code=wallet_code, **gift)


@pytest.mark.parametrize(
    ("scene", "token", "sentence"),
    [
        (story.broken_network, ANNA_TOKEN, "One debit, one coffee."),
        (story.too_little, BEN_TOKEN, "Nothing was booked"),
    ],
    ids=["one debit", "nothing booked"],
)
@pytest.mark.usefixtures("handlers")
def test_the_demo_fails_where_its_books_differ(command: Command, monkeypatch, capfd, scene, token, sentence):
    def meddled(machines, stage, narrator) -> None:
        scene(machines, stage, Meddler(stage, token))

    monkeypatch.chdir(command.books.parent)
    monkeypatch.setenv("TAPLEDGER_DATABASE_URL", "of the settings")
    monkeypatch.setattr(demo_module, "STORY", (story.coins, meddled))
    monkeypatch.setattr(sys, "argv", ["tapledger", "demo"])
    with pytest.raises(SystemExit) as ended:
        main()
    said, errors = capfd.readouterr()
    assert ended.value.code == 1
    assert f"turned out otherwise: '{sentence}" in errors
    assert sentence not in said
    assert "the books are whole" not in said


def _descendants(process_id: int) -> set[int]:
    """Return the processes below one, read from /proc."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(entry.parent.name)] = int(entry.read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
    below = {child for child, parent in parents.items() if parent == process_id}
    return below.union(*(_descendants(child) for child in below))


def _said_until(process: subprocess.Popen, last: str) -> str:
    said = ""
    while last not in said:
        line = process.stdout.readline()
        assert line, said + process.stderr.read()
        said += line
    return said


def _assert_gone(process_ids: set[int]) -> None:
    deadline_s = time.monotonic() + 30
    while left := [each for each in process_ids if Path(f"/proc/{each}").exists()]:
        assert time.monotonic() < deadline_s, left
        time.sleep(0.1)


def test_a_kept_demo_can_be_used_as_printed_is_alone_and_ends_with_all_it_started(command: Command):
    folder = command.books.parent
    blank = folder / "var" / "sim"
    blank.mkdir(parents=True)
    for name in CAST:
        (blank / f"{name}.flash").write_bytes(b"the journal of an older demo")
    process = command.start("demo", "--keep")
    try:
        said = _said_until(process, "Ctrl-C ends it all.")
        started = _descendants(process.pid)
        assert len(started) >= 7, "a ledger with its workers, three terminals and their machines"
        assert {each["name"] for each in command.data("sim", "list")} == set(CAST)
        _use_it(command, re.findall(r"^  \S*/tapledger (sim .*)$", said, re.M))
        _refuses_a_second(command, process.pid)
    finally:
        os.kill(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    _assert_gone(started)


def _use_it(command: Command, lines: list[str]) -> None:
    words = [shlex.split(line) for line in lines]
    tap, coin, untap, *others = words[:5]
    ended = [command.run(*tap), command.run(*coin)]
    while "not recognised" in ended[1].stdout:
        # A pulse that a busy machine makes too long is noted as no coin, as it should be; then another one.
        ended = [command.run(*each) for each in (untap, tap, coin)][1:]
    ended += [command.run(*each) for each in (untap, *others)]
    assert [each.returncode for each in ended] == [0] * 5, [each.stderr for each in ended]
    assert [each[1] for each in words[:5]] == ["tap", "coin", "untap", "press", "tap"]
    assert "taken" in ended[1].stdout
    assert "0.50 EUR credited" in ended[1].stdout
    assert "Hold your token" in ended[3].stdout
    assert "Enjoy your Espresso!" in ended[4].stdout
    assert "Balance 0.40 EUR" in ended[4].stdout


def _refuses_a_second(command: Command, process_id: int) -> None:
    books = command.books.parent / "var" / "demo" / "books.db"
    before = books.stat().st_ino, books.read_bytes()
    for options in ([], ["--keep"]):
        refused = command.run("demo", *options)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert refused.stderr == f"tapledger: a demo runs here already (process {process_id}): end it first\n"
    assert (books.stat().st_ino, books.read_bytes()) == before


def test_a_terminal_that_runs_under_a_name_of_the_demo_keeps_its_flash(command: Command):
    words = ("coffee_machine", "--device", "coffee_machine", "--ledger", "http://127.0.0.1:9")
    terminal = command.start("sim", "run", *words, "--api-token", "nobody", "--json")
    try:
        assert terminal.stdout.readline()
        refused = command.run("demo", "--keep")
    finally:
        terminal.terminate()
        terminal.communicate(timeout=30)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert f"coffee_machine runs already (process {terminal.pid})" in refused.stderr
    assert (command.books.parent / "var" / "sim" / "coffee_machine.flash").exists()


def test_a_terminal_that_does_not_start_is_said_in_place_of_the_how_to(command: Command):
    folder = command.books.parent
    # A folder in the place of the state file: this terminal can never say where it is to be reached.
    (folder / "var" / "sim" / "nfc_terminal.json").mkdir(parents=True)
    ended = command.run("demo", "--keep")
    assert ended.returncode == 2
    assert ended.stderr.splitlines() == [
        "tapledger: nfc_terminal did not start; its reason stands in var/demo/nfc_terminal.log"
    ]
    assert "Ctrl-C ends it all." not in ended.stdout
    assert not command.data("sim", "list")
