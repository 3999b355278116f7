"""A festival evening over the command line, at a real ledger: the books are what the terminals were told."""

from __future__ import annotations

import json
import signal
import time

import pytest

from ledger.domain.wallets.commands import top_up_by_hand
from ledger.domain.wallets.queries import wallet_by_token
from ledger.domain.wallets.records import WalletRecord
from ledger.fleet_data import START_CENTS, prepare
from ledger.foundation.actor import operator_on_this_machine
from ledger.service import Ledger
from tests.cli.command import Command
from tests.cli.serving import serving
from tests.factories import ledgers

FLEET = ("sim", "fleet")
# Two people come to the device, and one answer is lost.
SEED = ("--terminals", "8", "--vms", "1", "--seed", "19", "--lost", "2")
GUEST = "04F1EE00000002"


def test_an_evening_is_in_the_books_as_its_terminals_were_told(command: Command):
    with serving(command) as server:
        words = (*FLEET, "--ledger", server.url, "--prepare", *SEED, "--json")
        ended = command.run(*words, "--minutes", "0.05", "--taps-per-minute", "2400")
        assert ended.returncode == 0, ended.stderr
        told = json.loads(ended.stdout)
    assert (told["terminals"], told["devices"]) == (8, 1)
    assert told["taps"] == {"planned": 120, "done": 120, "missed": 0}
    assert told["booked"]["debits"] > 50
    assert told["booked"]["credits"] > 5
    assert {"insufficient_balance", "token_not_paired"} <= {*told["refusals"]}
    assert (told["unanswered"], told["repeats"]) == (1, 1)
    assert (told["differences"], told["unknown"]) == ([], {"met": 1, "left": 0})
    assert told["audit"] == {"holds": True, "findings": []}
    assert 0 < told["latency_ms"]["p50"] <= told["latency_ms"]["p99"] <= told["latency_ms"]["max"]


def test_ctrl_c_ends_it_early_and_money_that_moved_behind_its_back_is_found(command: Command, tmp_path):
    made, receipts = tmp_path / "fleet.json", tmp_path / "receipts.jsonl"
    with ledgers.opened_ledger(command.books) as ledger, serving(command) as server:
        made.write_text(json.dumps(prepare(ledger, bars_and_desks=2, guests=3)))
        words = (*FLEET, "--ledger", server.url, "--tokens-file", str(made), "--vms", "0", "--lost", "0")
        process = command.start(*words, "--minutes", "60", "--receipts", str(receipts))
        _wait_for_a_sale(ledger)
        credit = {"wallet_code": _guest(ledger).code, "amount_cents": 1, "description": "behind its back"}
        ledger.run(top_up_by_hand, actor=operator_on_this_machine(), **credit)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 1, err
    assert "of 36000, ended early" in out
    assert f"{GUEST}: the ledger says " in out
    assert "1 balances are NOT what the terminals were told" in out
    assert "audit was not asked" in out
    assert command.run("audit", "--receipts", str(receipts)).returncode == 0


def _guest(ledger: Ledger) -> WalletRecord:
    return ledger.read(wallet_by_token, token_id=GUEST)


def _wait_for_a_sale(ledger: Ledger) -> None:
    deadline_s = time.monotonic() + 60
    while _guest(ledger).balance_cents == START_CENTS:
        assert time.monotonic() < deadline_s
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "give either --prepare"),
        (("--prepare", "--ledger", "nowhere"), "is no address of a ledger"),
        (("--prepare", "--ledger", "http://127.0.0.1:9"), "no ledger answers at http://127.0.0.1:9"),
        (("--prepare", "--vms", "900"), "virtual machines do not fit"),
        (("--prepare", "--vms", "1", "--ledger", "https://127.0.0.1:9"), "--vms 0 for an https ledger"),
        (("--vms", "0", "--tokens-file", __file__), "cannot be read as JSON"),
        (("--taps-per-minute", "0"), "0 is not in the range"),
    ],
)
def test_bad_input_is_one_line_that_says_what_to_do(command: Command, words, said):
    assert said in command.refused(*FLEET, *words)
    with ledgers.opened_ledger(command.books) as ledger:
        assert ledgers.count(ledger, "terminals") == 0
