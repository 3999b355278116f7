"""Adds operators, issues and revokes credentials."""

from __future__ import annotations

from ledger.domain.access import tables
from ledger.domain.access.errors import OperatorExists
from ledger.domain.access.records import CredentialKind, OperatorRecord, Role
from ledger.domain.access.rules import require_username
from ledger.foundation.permissions import Permission
from ledger.foundation.secrets import hash_secret
from ledger.storage.command import command
from ledger.storage.transaction import Transaction

_HINT_LENGTH = 4


@command("access.add_operator", answers=OperatorRecord)
def add_operator(tx: Transaction, *, username: str, role: Role) -> OperatorRecord:
    """Add a person who runs the house.

    Needs OPERATORS_MANAGE. Refuses with InvalidOperatorName and OperatorExists.
    """
    tx.actor.require(Permission.OPERATORS_MANAGE)
    operator_id = tables.insert_operator(tx, username=require_username(username), role=role.value)
    if operator_id is None:
        raise OperatorExists
    tx.record("operator.added", username=username, role=role.value)
    return OperatorRecord(operator_id, username, role)


def issue_terminal_token(tx: Transaction, terminal_id: int) -> str:
    """End a terminal's former api_token and return a new one: only its hash is kept (terminal.txt)."""
    secret = tx.ids.secret()
    kind = CredentialKind.TERMINAL_TOKEN.value
    tables.revoke_credentials(tx, kind, terminal_id)
    values = {"secret_hash": hash_secret(secret), "hint": secret[-_HINT_LENGTH:]}
    tables.insert_credential(tx, kind=kind, terminal_id=terminal_id, **values)
    return secret
