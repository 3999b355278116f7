"""The codec of remembered answers: records come back as they were, but for their secrets."""

from __future__ import annotations

import importlib
import json
import pkgutil
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ledger.domain
from ledger.domain.catalog.records import InstalledTerminal, Offer
from ledger.domain.devices.records import TerminalPermission, TerminalRecord
from ledger.domain.wallets.records import PairingCodeRecord, ReversalRecord, WalletRecord
from ledger.storage.answers import fingerprint, plain, restore
from ledger.storage.command import Command
from tests.factories.terminals import ESPRESSO

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=4,
)
ARGUMENTS = st.dictionaries(st.text(min_size=1), JSON_VALUES, max_size=3)


def _every_command() -> dict[str, Command]:
    found = {}
    for module in pkgutil.walk_packages(ledger.domain.__path__, "ledger.domain."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, Command):
                found.setdefault(value.name, []).append(value)
    return found


COMMANDS = _every_command()
ANSWERS = sorted({commands[0].answers for commands in COMMANDS.values()}, key=lambda kind: kind.__name__)


@pytest.fixture(scope="module", autouse=True)
def aware_times():
    """Let generated moments be in UTC, as all of ours are."""
    st.register_type_strategy(datetime, st.datetimes(timezones=st.just(UTC)))


def _without_secrets(record):
    """Return the record with each secret, of it and of the records in it, left empty."""
    changes = {}
    for field in fields(record):
        value = getattr(record, field.name)
        if field.metadata.get("secret"):
            changes[field.name] = None
        elif is_dataclass(value):
            changes[field.name] = _without_secrets(value)
    return replace(record, **changes)


def _remembered(kind, record):
    return restore(kind, json.loads(json.dumps(plain(record))))


@pytest.mark.parametrize("kind", ANSWERS, ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_every_answer_comes_back_as_it_was_but_for_its_secrets(kind, data):
    record = data.draw(st.builds(kind))
    back = _remembered(kind, record)
    assert back == _without_secrets(record)
    assert type(back) is kind


def test_the_parts_of_an_answer_come_back_in_their_own_types():
    moment = datetime(2021, 10, 31, 20, 44, 11, 7, tzinfo=UTC)
    wallet = WalletRecord(1, "wal_1", 2, "Mika", moment, 150, 0, "EUR", None)
    back = _remembered(ReversalRecord, ReversalRecord("reversed", wallet))
    assert type(back.wallet) is WalletRecord
    assert back.wallet.created_at == moment
    assert _remembered(ReversalRecord, ReversalRecord("never_booked", None)).wallet is None
    terminal = TerminalRecord(1, "kiosk", "Kiosk", TerminalPermission.ALL, 1, 2)
    installed = _remembered(InstalledTerminal, InstalledTerminal(terminal, (ESPRESSO,), "a secret"))
    assert installed == InstalledTerminal(terminal, (ESPRESSO,))
    assert (type(installed.offers), type(installed.offers[0])) == (tuple, Offer)
    assert type(installed.terminal.permission) is TerminalPermission


def test_every_command_has_a_name_of_its_own():
    claimed = {name: {id(command.function) for command in same} for name, same in COMMANDS.items()}
    assert {name for name, functions in claimed.items() if len(functions) > 1} == set()
    assert len(claimed) >= 14


@pytest.mark.parametrize("kind", [InstalledTerminal, PairingCodeRecord], ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_a_secret_is_neither_remembered_nor_printed(kind, data):
    secret = "2Hq0Zr5NnU1bKc7D"
    field = "api_token" if kind is InstalledTerminal else "pairing_code"
    record = data.draw(st.builds(kind, **{field: st.just(secret)}))
    assert secret not in json.dumps(plain(record))
    assert secret not in repr(record)


@settings(max_examples=40)
@given(name=st.text(), arguments=ARGUMENTS)
def test_a_fingerprint_does_not_know_the_order_of_the_arguments(name, arguments):
    turned = dict(reversed(arguments.items()))
    assert fingerprint(name, arguments) == fingerprint(name, turned)


@settings(max_examples=40)
@given(one=ARGUMENTS, other=ARGUMENTS)
def test_two_requests_share_a_fingerprint_only_if_they_ask_for_the_same(one, other):
    # Compared as JSON, where true is not 1.
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (fingerprint("c", one) == fingerprint("c", other)) == same
    assert fingerprint("c", one) != fingerprint("d", one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"amount_cents": 1}, {"amount_cents": True}),
        ({"amount_cents": 1}, {"amount_cents": "1"}),
        ({"products": ["a", "b"]}, {"products": ["b", "a"]}),
        ({"products": ["ab"]}, {"products": ["a", "b"]}),
        ({"tag": None}, {"tag": ""}),
    ],
)
def test_near_misses_have_fingerprints_of_their_own(one, other):
    assert fingerprint("c", one) != fingerprint("c", other)
