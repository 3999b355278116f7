"""Who may do what: every command against every sort of actor."""

from __future__ import annotations

import pytest

from ledger.domain.access import signing_in
from ledger.domain.access.commands import add_operator
from ledger.domain.access.records import Role
from ledger.domain.access.rules import ROLE_PERMISSIONS
from ledger.domain.catalog.commands import install_terminal, pair_terminal
from ledger.domain.devices.commands import roll_api_token
from ledger.domain.devices.offline import grant_offline
from ledger.domain.devices.pairing import claim_pairing, offer_pairing
from ledger.domain.devices.records import TerminalPermission
from ledger.domain.firmware.commands import publish, withdraw
from ledger.domain.holds import commands as holds
from ledger.domain.seals.commands import append_seal
from ledger.domain.seals.records import BlockRecord
from ledger.domain.wallets import commands, pairing
from ledger.foundation.actor import Actor, ActorKind, PermissionMissing
from ledger.foundation.errors import Refusal
from tests.factories.ledgers import contents
from tests.factories.terminals import install
from tests.factories.wallets import TOKEN, open_wallet
from tests.storage.test_answers import COMMANDS

ABOUT = {"token_id": TOKEN, "description": "Coffee"}
# Each command with arguments that it would take, and those who may run it.
MATRIX = {
    commands.purchase: ({"products": ["espresso"], **ABOUT}, "debit all admin"),
    commands.debit: ({"amount_cents": 5, **ABOUT}, "debit all admin"),
    commands.top_up: ({"amount_cents": 5, **ABOUT}, "credit all staff admin"),
    commands.reverse_key: ({"reversed_key": "k1", "description": "No cup"}, "debit all admin"),
    commands.top_up_by_hand: (
        {"wallet_code": "wal_none", "amount_cents": 5, "description": "Cash"},
        "staff admin",
    ),
    commands.reverse_by_hand: (
        {"transaction_code": "txn_none", "description": "A mistake"},
        "staff admin",
    ),
    pairing.open_wallet: ({"currency": "EUR"}, "staff admin"),
    pairing.pair_token: ({"wallet_code": "wal_none", "token_id": "04FFFFFF"}, "staff admin"),
    pairing.issue_pairing_code: ({"wallet_code": "wal_none"}, "staff admin"),
    pairing.pair_by_code: (
        {"token_id": "04FFFFFF", "pairing_code": "WRONG"},
        "debit credit all staff admin",
    ),
    pairing.block_token: ({"token_id": TOKEN}, "staff admin"),
    pairing.unpair_token: ({"token_id": TOKEN}, "staff admin"),
    pairing.replace_token: ({"wallet_code": "wal_none", "new_token_id": "04FFFFFF"}, "staff admin"),
    holds.reserve: ({"amount_cents": 5, **ABOUT}, "debit all admin"),
    holds.capture: ({"hold_code": "hld_none"}, "debit all admin"),
    holds.release: ({"hold_code": "hld_none"}, "debit all admin"),
    holds.release_by_hand: ({"hold_code": "hld_none"}, "staff admin"),
    holds.expire: ({"wallet_code": "wal_none"}, "staff admin"),
    install_terminal: (
        {"slug": "x", "friendly_name": "X", "permission": TerminalPermission.ALL, "currency": "EUR"},
        "admin",
    ),
    pair_terminal: ({"code": "WRONG", "slug": "kiosk_all"}, "admin"),
    offer_pairing: ({"install_id": "a1b2c3d4"}, "admin"),
    claim_pairing: ({"secret": "WRONG"}, "admin"),
    grant_offline: ({"slug": "kiosk_all", "allowance": None}, "admin"),
    roll_api_token: ({"slug": "kiosk_all"}, "admin"),
    publish: ({"manifest": b"", "signature": "", "modulus": 1, "contents": []}, "admin"),
    withdraw: ({"board": "simulator", "version": "1.0.0"}, "admin"),
    append_seal: ({"block": BlockRecord(1, 1, 1, "of no seal", "0" * 64)}, "admin"),
    add_operator: ({"username": "bob", "role": Role.STAFF}, "admin"),
    signing_in.begin_sign_in: ({"username": "bob"}, "admin"),
    signing_in.open_session: ({"username": "bob", "password_hash": "of another"}, "admin"),
    signing_in.end_session: ({"secret": "WRONG"}, "admin"),
    signing_in.set_up: ({"username": "bob", "password_hash": "of a password"}, "admin"),
    signing_in.set_password: ({"username": "bob", "password_hash": "of a password"}, "admin"),
}


@pytest.fixture
def database_name() -> str:
    """Keep the books in SQLite: who may do what is decided before any database is asked."""
    return "sqlite"


LEVELS = ["debit", "credit", "all", "staff", "admin", "nobody"]
CASES = [pytest.param(command, level, id=f"{command.name}-{level}") for command in MATRIX for level in LEVELS]


def _actor(ledger, level):
    if level in set(TerminalPermission):
        return install(ledger, f"kiosk_{level}", permission=TerminalPermission(level)).actor
    permissions = ROLE_PERMISSIONS[Role(level)] if level in set(Role) else frozenset()
    return Actor(ActorKind.OPERATOR, level, permissions, id=1)


def test_the_matrix_knows_every_command():
    assert {command.name for command in MATRIX} == set(COMMANDS)


@pytest.mark.parametrize(("command", "level"), CASES)
def test_a_command_is_run_for_those_who_may_and_for_nobody_else(ledger, command, level):
    open_wallet(ledger, balance_cents=100)
    actor = _actor(ledger, level)
    arguments, allowed = MATRIX[command]
    before = contents(ledger)
    try:
        ledger.run(command, actor=actor, **arguments)
        passed = True
    except PermissionMissing:
        passed = False
        assert contents(ledger) == before
    except Refusal:
        passed = True  # what it was refused for lies behind the door
    assert passed == (level in allowed.split())
