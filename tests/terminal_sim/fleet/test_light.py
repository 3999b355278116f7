"""A light terminal sends what the real firmware sends, and acts on answers as a device does."""

from __future__ import annotations

import asyncio
import os
import re
import sys
import time
from collections import Counter

import pytest

from terminal_sim import Bench
from terminal_sim.fleet import light as light_module
from terminal_sim.fleet.account import Account, Exchange
from terminal_sim.fleet.firmware import Firmware
from terminal_sim.fleet.light import LightTerminal
from terminal_sim.fleet.plan import (
    BROKEN,
    BUY,
    LOOK,
    LOOK_AND_BUY,
    LOST_ANSWER,
    LOST_REQUEST,
    SILENCE,
    TOP_UP,
    Tap,
)
from tests.terminal_sim.fleet.recorder import Recorder, recording

ANNA = "04A1B2C3D4E5F6"
POST = f"POST /pos/wallets/token/{ANNA}/transactions"
KEY = re.compile(rb"[0-9a-f]{8}-\d+-\d+")
INSTALL_ID = re.compile(rb"[0-9a-f]{8}(?=-\d+-\d+)")


@pytest.fixture
def recorder():
    """Return a ledger that keeps what was sent to it; Anna has 20.00."""
    with recording() as server:
        server.ledger.balances[ANNA] = 2000
        yield server


@pytest.fixture
def impatient(monkeypatch):
    """Let a light terminal not wait as long as a device does."""
    monkeypatch.setattr(light_module, "REQUEST_TIMEOUT_MS", 300)
    monkeypatch.setattr(light_module, "PURCHASE_DEADLINE_MS", 1200)


def _tap(does: str, lost: str | None = None) -> Tap:
    return Tap(0, "bar", ANNA, does, choice=0, cents=500, lost=lost)


def _served(recorder: Recorder, *taps: Tap) -> tuple[list[bytes], list[Exchange]]:
    """Let a light terminal serve some taps until all is settled; returns the requests, and what it told."""
    told: list[Exchange] = []

    async def serve() -> None:
        light = LightTerminal("bar", recorder.url, "the-terminal", told.append)
        await light.ask_catalogue()
        light.open(lambda: None)
        for tap in taps:
            light.serve(tap)
        deadline_s = time.monotonic() + 30
        while not light.is_at_rest:
            assert time.monotonic() < deadline_s
            await asyncio.sleep(0.02)
        await light.close()

    before = len(recorder.raw)
    asyncio.run(serve())
    return recorder.raw[before:], told


def _of_the_device(recorder: Recorder, device: str, *uses) -> list[bytes]:
    """Let people use a device with the real firmware; returns the requests that it sent."""
    before = len(recorder.raw)
    idle = "Choose a drink" if device == "coffee_machine" else "Amount and #"
    with Bench() as bench:
        machine = bench.terminal(device, recorder.url, "the-terminal", "bar", buttons=["espresso"])
        for use in uses:
            machine.wait_display(idle, 60)
            use(machine)
            machine.untap()
    return recorder.raw[before:]


def _alike(requests: list[bytes]) -> list[tuple[list[str], bytes]]:
    """Split requests into the lines of their head and their body, with the terminal's install id blanked out.

    How often a terminal asks what it sells is a matter of time, and not of what is done at it.
    """
    first, *others = requests
    acts = [raw for raw in others if not raw.startswith(b"GET /pos/terminal ")]
    halves = [INSTALL_ID.sub(b"<install>", raw).partition(b"\r\n\r\n") for raw in (first, *acts)]
    return [(head.decode().split("\r\n"), body) for head, _, body in halves]


def _buys(machine) -> None:
    machine.press("espresso")
    machine.wait_display("Hold your token")
    machine.tap(ANNA)
    machine.wait_display("Enjoy")


def _looks_and_buys(machine) -> None:
    machine.tap(ANNA)
    machine.wait_display("Balance")
    machine.press("espresso")
    machine.wait_display("Leaves")
    machine.press("espresso")
    machine.wait_display("Enjoy")


def _loses_an_answer(machine) -> None:
    machine.network.drop_answer(method="POST")
    _buys(machine)


def _hears_nothing(machine) -> None:
    machine.network.drop_answer(method="POST")
    machine.network.drop_request(5, method="POST")
    machine.press("espresso")
    machine.wait_display("Hold your token")
    machine.tap(ANNA)
    machine.wait_until(lambda: machine.network.count("POST", "/reverse") > 0, 60)
    machine.network.online()
    machine.wait_until(lambda: machine.network.requests[-1].status == 201, 60)


def _tops_up(machine) -> None:
    machine.keys("500#")
    machine.tap(ANNA)
    machine.wait_display("25.00")


def _looks(machine) -> None:
    machine.tap(ANNA)
    machine.wait_display("25.00")


AT_A_BAR = (
    (_buys, _tap(BUY)),
    (_looks_and_buys, _tap(LOOK_AND_BUY)),
    (_loses_an_answer, _tap(BUY, LOST_ANSWER)),
    (_hears_nothing, _tap(BUY, SILENCE)),
)
AT_A_DESK = ((_tops_up, _tap(TOP_UP)), (_looks, _tap(LOOK)))


@pytest.mark.parametrize(
    ("device", "done"), [("coffee_machine", AT_A_BAR), ("nfc_terminal", AT_A_DESK)], ids=["bar", "desk"]
)
def test_a_light_terminal_sends_what_the_real_firmware_sends_byte_for_byte(recorder, impatient, device, done):
    of_the_device = _alike(_of_the_device(recorder, device, *(use for use, _ in done)))
    recorder.ledger.balances[ANNA] = 2000
    of_the_light = _alike(_served(recorder, *(tap for _, tap in done))[0])
    assert len(of_the_device) >= 3
    assert of_the_light == of_the_device


def test_a_connection_is_kept_for_all_that_a_terminal_asks(recorder):
    before = recorder.connections
    _served(recorder, _tap(BUY), _tap(LOOK_AND_BUY), _tap(TOP_UP))
    assert recorder.connections == before + 1


@pytest.mark.parametrize("lost", [LOST_REQUEST, LOST_ANSWER, BROKEN])
def test_what_was_lost_is_asked_again_with_the_same_key_and_bytes_and_booked_once(recorder, impatient, lost):
    raw, told = _served(recorder, _tap(BUY, lost))
    asked = [each for each in told if each.method == "POST"]
    assert [each.status for each in asked] == [None, 201 if lost == LOST_REQUEST else 202]
    assert len({bytes(each) for each in raw if each.startswith(b"POST")}) == 1
    assert recorder.ledger.balances[ANNA] == 1880
    account = Account({"bar": {"espresso": 120, "cappuccino": 180}})
    for exchange in told:
        account.hear(exchange)
    assert (account.booked_cents()[ANNA], len(account.doubtful), account.unsettled) == (-120, 1, [])


def test_a_sale_that_stays_unknown_is_given_back_and_a_top_up_is_booked(recorder, impatient):
    _served(recorder, _tap(BUY, SILENCE))
    assert recorder.ledger.balances[ANNA] == 2000
    _, told = _served(recorder, _tap(TOP_UP, SILENCE))
    assert recorder.ledger.balances[ANNA] == 2500
    assert not any(each.path.endswith("/reverse") for each in told)


def test_a_refusal_is_the_last_word(recorder):
    recorder.ledger.balances[ANNA] = 100
    raw, told = _served(recorder, _tap(BUY))
    assert [each.answer.get("code") for each in told if each.method == "POST"] == ["insufficient_balance"]
    assert recorder.paths().count(POST) == 1


def test_no_two_terminals_and_no_two_evenings_make_the_same_key(recorder):
    for _ in range(3):
        _served(recorder, _tap(BUY))
    keys = Counter(key for raw in recorder.raw for key in KEY.findall(raw))
    assert len(keys) == 3


def test_the_firmwares_names_are_not_left_among_pythons_modules():
    before = dict(sys.modules)
    fresh = Firmware()
    fresh.journal(os.urandom)
    assert sys.modules == before
    assert sys.modules.get("ledger_client.http") is not fresh["ledger_client.http"]
