"""What terminals ask before and after an evening, and what is not as they were told."""

from __future__ import annotations

import asyncio
import json
import socket

import pytest

from terminal_sim.control import Refused
from terminal_sim.fleet import premises as premises_module
from terminal_sim.fleet.account import Account, Exchange
from terminal_sim.fleet.premises import Premises, prepare, read_premises
from terminal_sim.fleet.roster import Difference, balances, crowd_of, differences, sign_in
from tests.terminal_sim.fleet.recorder import Recorder, recording

ANNA, BEN = "04A1B2C3D4E5F6", "DEADBEEF"
PREMISES = Premises({"bar": "first", "other-bar": "second"}, (ANNA, BEN))


@pytest.fixture
def recorder():
    """Return a ledger in memory that is being served."""
    with recording() as server:
        server.ledger.balances |= {ANNA: 2000, BEN: 0}
        yield server


def _signed_in(url: str, then=lambda lights: asyncio.sleep(0), premises: Premises = PREMISES):
    async def do():
        lights = await sign_in(url, premises, lambda exchange: None)
        try:
            return lights, await then(lights)
        finally:
            for light in lights.values():
                await light.close()

    return asyncio.run(do())


def test_each_terminal_says_what_it_sells_and_all_balances_are_asked_for(recorder: Recorder):
    lights, found = _signed_in(recorder.url, lambda lights: balances(lights, (ANNA, BEN, "00000000")))
    assert [light.products[0] for light in lights.values()] == [("espresso", "Espresso", 120)] * 2
    assert found == {ANNA: 2000, BEN: 0, "00000000": None}


def test_without_a_ledger_it_is_said_how_to_start_one():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(Refused, match="no ledger answers at .* start one with `tapledger serve`"):
            _signed_in(f"http://127.0.0.1:{unused.getsockname()[1]}")


def test_a_terminal_that_the_ledger_does_not_know_is_named(recorder: Recorder):
    recorder.ledger.knows_terminal = False
    with pytest.raises(Refused, match="does not know the api_token of bar"):
        _signed_in(recorder.url)


def test_terminals_are_for_what_they_may_do_and_one_device_is_a_cash_desk(recorder: Recorder):
    recorder.ledger.permission = "debit"
    lights, _ = _signed_in(recorder.url)
    lights["other-bar"].permission = "credit"
    crowd = crowd_of(lights, PREMISES, 2)
    assert (crowd.bars, crowd.desks, crowd.slow) == (["bar"], ["other-bar"], {"bar", "other-bar"})
    assert crowd_of(lights, PREMISES, 1).slow == {"bar"}
    lights["bar"].products = []
    with pytest.raises(Refused, match="none of the terminals sells anything"):
        crowd_of(lights, PREMISES, 0)


def _account(*exchanges: Exchange) -> Account:
    account = Account({"bar": {"espresso": 120}})
    for exchange in exchanges:
        account.hear(exchange)
    return account


def _sale(status: int | None) -> Exchange:
    body = {"products": ["espresso"], "idempotency_key": "k1"}
    return Exchange("bar", "POST", f"/pos/wallets/token/{ANNA}/transactions", body, status)


def test_a_balance_that_is_not_what_was_told_is_a_difference():
    before = {ANNA: 2000, BEN: 0}
    assert differences(before, _account(_sale(201)), {ANNA: 1880, BEN: 0}) == []
    assert differences(before, _account(_sale(201)), {ANNA: 2000, BEN: 0}) == [Difference(ANNA, 1880, 2000)]
    assert differences(before, _account(), {ANNA: 2000, BEN: None}) == [Difference(BEN, 0, None)]


def test_a_wallet_with_a_posting_of_unknown_fate_is_not_compared():
    assert differences({ANNA: 2000}, _account(_sale(None)), {ANNA: 1880}) == []


@pytest.mark.parametrize(
    "content", ["[]", '{"terminals": {}, "tokens": ["x"]}', '{"terminals": {"bar": 1}, "tokens": ["x"]}']
)
def test_a_file_that_has_no_terminals_and_tokens_is_refused_with_an_example(tmp_path, content):
    path = tmp_path / "fleet.json"
    path.write_text(content)
    with pytest.raises(Refused, match='should look like {"terminals"'):
        read_premises(path)


def test_a_file_is_read_as_the_command_has_printed_it(tmp_path):
    path = tmp_path / "fleet.json"
    path.write_text(json.dumps({"terminals": {"bar": "t"}, "tokens": [ANNA], "blocked": [BEN]}))
    assert read_premises(path) == Premises({"bar": "t"}, (ANNA,), (BEN,))


def test_without_the_command_to_prepare_with_another_way_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(premises_module.sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Refused, match="use --tokens-file"):
        prepare(2, 1, is_mixed=False)
