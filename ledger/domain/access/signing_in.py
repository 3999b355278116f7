"""Lets people sign in: with a password, for the time of a shift, and with patience for mistakes.

A door counts the attempt first (`begin_sign_in`), looks at the password outside of any transaction, because
that takes a tenth of a second, and opens the session then. So however many try at once, each is counted.
"""

from __future__ import annotations

import hmac
from hashlib import sha256

from ledger.domain.access import tables, tables_people
from ledger.domain.access.errors import (
    AlreadySetUp,
    CredentialRefused,
    OperatorExists,
    OperatorUnknown,
    SignInLocked,
    SignInRefused,
)
from ledger.domain.access.records import OperatorRecord, Role, SessionRecord, SignInRecord
from ledger.domain.access.rules import ROLE_PERMISSIONS, SESSION_LIFETIME, locked_until, require_username
from ledger.foundation.actor import Actor, ActorKind
from ledger.foundation.clock import Clock
from ledger.foundation.ids import legible
from ledger.foundation.permissions import Permission
from ledger.foundation.secrets import hash_secret
from ledger.foundation.text import is_storable
from ledger.storage.command import command
from ledger.storage.transaction import Reader, Transaction


def visitor() -> Actor:
    """Return the actor of somebody who has not signed in yet: they may try to, and nothing else."""
    return Actor(ActorKind.SYSTEM, "visitor", frozenset({Permission.SIGN_IN}))


@command("access.begin_sign_in", answers=SignInRecord)
def begin_sign_in(tx: Transaction, *, username: str) -> SignInRecord:
    """Count an attempt to sign in before the password is looked at.

    Needs SIGN_IN. Refuses with SignInRefused where nobody of that name can sign in, and with SignInLocked
    for one minute after five wrong passwords, then for twice as long each time, up to an hour.
    """
    tx.actor.require(Permission.SIGN_IN)
    kept = tables_people.select_password(tx, username) if is_storable(username) else None
    if kept is None:
        raise SignInRefused
    attempts = tables_people.count_attempt(tx, kept.id)
    if attempts is None:
        raise SignInLocked(until=kept.locked_until)
    until = locked_until(attempts, tx.now)
    if until is not None:
        tables_people.lock_until(tx, kept.id, until)
        tx.record("operator.sign_in_locked", username=kept.username, attempts=attempts)
    return SignInRecord(kept.username, attempts, kept.password_hash)


@command("access.open_session", answers=SessionRecord)
def open_session(tx: Transaction, *, username: str, password_hash: str) -> SessionRecord:
    """Open a session of 14 hours for somebody whose password was right, and forgive the mistakes before it.

    `password_hash` is the one that it was held against. Needs SIGN_IN. Refuses with SignInRefused when that
    is no longer the kept one.
    """
    tx.actor.require(Permission.SIGN_IN)
    kept = tables_people.select_password(tx, username)
    if kept is None or not hmac.compare_digest(kept.password_hash, password_hash):
        raise SignInRefused
    tables_people.forgive_attempts(tx, kept.id)
    return _opened(tx, kept.id, kept.username)


@command("access.end_session", answers=SessionRecord)
def end_session(tx: Transaction, *, secret: str) -> SessionRecord:
    """End a session, at once and for good.

    Needs SIGN_IN. Refuses with CredentialRefused when none is open like that.
    """
    tx.actor.require(Permission.SIGN_IN)
    ended = tables_people.end_session(tx, hash_secret(secret))
    if ended is None:
        raise CredentialRefused
    username = tables.username_of(tx, ended)
    tx.record("operator.signed_out", username=username)
    return SessionRecord(username, tx.now)


@command("access.set_up", answers=SessionRecord)
def set_up(tx: Transaction, *, username: str, password_hash: str) -> SessionRecord:
    """Make the first person who can sign in, an admin, and sign them in.

    Needs SIGN_IN; the door has seen the code that the console shows. Refuses with AlreadySetUp once
    anybody has a password, and with InvalidOperatorName and OperatorExists.
    """
    tx.actor.require(Permission.SIGN_IN)
    if tables_people.count_passwords(tx):
        raise AlreadySetUp
    operator_id = tables.insert_operator(tx, username=require_username(username), role=Role.ADMIN.value)
    if operator_id is None:
        raise OperatorExists
    tables_people.upsert_password(tx, operator_id, password_hash)
    tx.record("operator.added", username=username, role=Role.ADMIN.value)
    return _opened(tx, operator_id, username)


@command("access.set_password", answers=OperatorRecord)
def set_password(tx: Transaction, *, username: str, password_hash: str) -> OperatorRecord:
    """Give an operator a password, new or first; every session of theirs ends.

    Needs OPERATORS_MANAGE, except for one's own. Refuses with OperatorUnknown.
    """
    if (tx.actor.kind, tx.actor.name) != (ActorKind.OPERATOR, username):
        tx.actor.require(Permission.OPERATORS_MANAGE)
    row = is_storable(username) and tables.select_operator(tx, username)
    if not row:
        raise OperatorUnknown
    tables_people.upsert_password(tx, row.id, password_hash)
    tables_people.end_sessions_of(tx, row.id)
    tx.record("operator.password_set", username=username)
    return OperatorRecord(row.id, row.username, Role(row.role))


def operator_by_session(reader: Reader, *, secret: str, clock: Clock) -> Actor:
    """Return the actor of an open session; refuses with CredentialRefused."""
    row = tables_people.select_session(reader, hash_secret(secret), clock.now())
    if row is None:
        raise CredentialRefused
    return Actor(ActorKind.OPERATOR, row.username, ROLE_PERMISSIONS[Role(row.role)], id=row.id)


def is_set_up(reader: Reader) -> bool:
    """Say whether anybody can sign in."""
    return tables_people.count_passwords(reader) > 0


def set_up_code(secret_key: str) -> str:
    """Return the code that proves to the set-up page that somebody sees the ledger's own console.

    Every process of the house knows it without asking, and it is worth nothing once the house is set up.
    """
    return legible(hmac.digest(secret_key.encode(), b"tapledger set-up", sha256))


def _opened(tx: Transaction, operator_id: int, username: str) -> SessionRecord:
    secret, ends_at = tx.ids.secret(), tx.now + SESSION_LIFETIME
    values = {"operator_id": operator_id, "secret_hash": hash_secret(secret), "ends_at": ends_at}
    tables_people.insert_session(tx, **values)
    tx.record("operator.signed_in", username=username)
    return SessionRecord(username, ends_at, secret)
