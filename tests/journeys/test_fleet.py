"""A festival evening over the command line, at a real ledger: the books are what the terminals were told."""

from __future__ import annotations

import json
import signal
import time

import pytest

from tests.cli.command import Command
from tests.cli.serving import serving

PREPARED = ("sim", "fleet", "--prepare", "--terminals", "8")
QUICK = ("--minutes", "0.05", "--taps-per-minute", "2400")


def test_an_evening_is_in_the_books_as_its_terminals_were_told(command: Command):
    with serving(command) as server:
        url = f"http://127.0.0.1:{server.port}"
        ended = command.run(*PREPARED, "--ledger", url, "--vms", "1", *QUICK, "--lost", "2", "--json")
        assert ended.returncode == 0, ended.stderr
        told = json.loads(ended.stdout)
    assert (told["terminals"], told["devices"]) == (8, 1)
    assert told["taps"] == {"planned": 120, "done": 120, "missed": 0}
    assert told["booked"]["debits"] > 50
    assert told["booked"]["credits"] > 5
    assert {"insufficient_balance", "token_not_paired"} <= {*told["refusals"]}
    assert (told["differences"], told["unknown"]["left"]) == ([], 0)
    assert told["audit"] == {"holds": True, "findings": []}
    assert 0 < told["latency_ms"]["p50"] <= told["latency_ms"]["p99"] <= told["latency_ms"]["max"]


def test_ctrl_c_ends_it_early_with_what_there_is(command: Command):
    with serving(command) as server:
        url = f"http://127.0.0.1:{server.port}"
        words = (*PREPARED, "--ledger", url, "--vms", "0", "--minutes", "30", "--taps-per-minute", "3000")
        process = command.start(*words)
        assert process.stderr.readline().startswith("preparing")
        assert " of 90000 taps" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "ended early" in out
    assert "every balance is what its terminals were told" in out
    assert "the ledger's audit holds" in out


def test_money_that_moves_behind_the_terminals_back_is_found(command: Command, tmp_path):
    made = tmp_path / "fleet.json"
    made.write_text(json.dumps(command.data("db", "fleet-data", "--terminals", "2", "--guests", "3")))
    receipts = tmp_path / "receipts.jsonl"
    with serving(command) as server:
        url = f"http://127.0.0.1:{server.port}"
        words = ("sim", "fleet", "--ledger", url, "--tokens-file", str(made), "--vms", "0")
        process = command.start(*words, "--minutes", "0.1", "--receipts", str(receipts))
        time.sleep(2)
        command.data("wallet", "top-up", "04F1EE00000002", "1", "--description", "behind its back")
        out, err = process.communicate(timeout=60)
    assert process.returncode == 1, err
    assert "1 balances are NOT what the terminals were told" in out
    assert "04F1EE00000002: the ledger says" in out
    assert "audit was not asked" in out
    assert command.run("audit", "--receipts", str(receipts)).returncode == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "--prepare"),
        (("--prepare", "--ledger", "nowhere"), "is no address of a ledger"),
        (("--prepare", "--vms", "0", "--ledger", "http://127.0.0.1:9"), "start one with `tapledger serve`"),
        (("--prepare", "--vms", "900"), "virtual machines do not fit"),
        (("--prepare", "--vms", "1", "--ledger", "https://127.0.0.1:9"), "--vms 0 for an https ledger"),
        (("--tokens-file", __file__), "cannot be read as JSON"),
    ],
)
def test_bad_input_is_one_line_that_says_what_to_do(command: Command, words, said):
    ended = command.run("sim", "fleet", "--terminals", "2", *words)
    last = ended.stderr.splitlines()[-1]
    assert (ended.returncode, ended.stdout) == (2, "")
    assert said in last
    assert "Traceback" not in ended.stderr


def test_a_terminal_that_the_ledger_does_not_know_is_named(command: Command, tmp_path):
    made = tmp_path / "fleet.json"
    made.write_text(json.dumps({"terminals": {"bar": "stale"}, "tokens": ["04F1EE00000001"]}))
    with serving(command) as server:
        url = f"http://127.0.0.1:{server.port}"
        ended = command.run("sim", "fleet", "--ledger", url, "--tokens-file", str(made), "--vms", "0")
    assert ended.returncode == 2
    assert "does not know the api_token of bar" in ended.stderr
