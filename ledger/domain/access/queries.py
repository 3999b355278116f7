"""Turns credentials into those they belong to."""

from __future__ import annotations

from ledger.domain.access import tables, tokens
from ledger.domain.access.errors import CredentialRefused, OperatorUnknown
from ledger.domain.access.records import CredentialKind, OperatorRecord, Role
from ledger.domain.access.rules import ROLE_PERMISSIONS
from ledger.foundation.actor import Actor, ActorKind
from ledger.foundation.clock import Clock
from ledger.foundation.secrets import hash_secret
from ledger.foundation.text import is_storable
from ledger.storage.transaction import Reader


def operator(reader: Reader, *, username: str) -> OperatorRecord:
    """Return an active operator; refuses with OperatorUnknown."""
    row = is_storable(username) and tables.select_operator(reader, username)
    if not row:
        raise OperatorUnknown
    return OperatorRecord(row.id, row.username, Role(row.role))


def operator_by_token(reader: Reader, *, token: str, secret_key: str, clock: Clock) -> Actor:
    """Return the actor of an operator's token.

    Refuses with CredentialRefused when it is forged or expired or its operator is no longer active.
    """
    row = tables.select_operator(reader, tokens.read(token, secret_key, clock))
    if row is None:
        raise CredentialRefused
    return Actor(ActorKind.OPERATOR, row.username, ROLE_PERMISSIONS[Role(row.role)], id=row.id)


def terminal_credential(reader: Reader, api_token: str) -> tuple[int, int]:
    """Return the ids of an api_token's credential and of its terminal; refuses with CredentialRefused."""
    kind = CredentialKind.TERMINAL_TOKEN.value
    row = tables.select_credential(reader, kind, hash_secret(api_token))
    if row is None:
        raise CredentialRefused
    return row.id, row.terminal_id
