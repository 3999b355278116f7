"""The one way to write: transaction, idempotency, dry run, audit trail and outbox, once for everybody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from ledger.foundation.actor import Actor
from ledger.foundation.clock import Clock
from ledger.foundation.errors import Conflict, Unavailable
from ledger.foundation.ids import Ids
from ledger.storage.answers import fingerprint, plain, restore
from ledger.storage.command import Command
from ledger.storage.database import Database, translated_errors
from ledger.storage.keys import require_key
from ledger.storage.tables import (
    IdempotencyKey,
    complete_key,
    find_key,
    insert_audit_row,
    insert_events,
    insert_if_absent,
)
from ledger.storage.transaction import Transaction

Answer = TypeVar("Answer")
ATTEMPTS = 5
# serialization_failure and deadlock_detected: nothing was wrong with the request, only with its moment.
_TRANSIENT_SQLSTATES = {"40001", "40P01"}


class KeyReused(Conflict):
    """The idempotency key has already started something else (BODIES.md §2, TRAPS.md D.6)."""

    code = "idempotency_key_reused"
    message = "This idempotency key was already used for another request; nothing was booked."


class KeyVoided(Conflict):
    """The idempotency key was given up by its owner before it was used, and can never book again."""

    code = "idempotency_key_voided"
    message = "This idempotency key was reversed before it was used; nothing was booked."


class TooContended(Unavailable):
    """The database kept putting other transactions first."""

    code = "too_contended"


@dataclass(frozen=True)
class Outcome(Generic[Answer]):
    """What a run came to: the answer, and whether it is the remembered one of an earlier run.

    `events` names what this run has put into the outbox, in order.
    """

    answer: Answer
    is_repeat: bool
    events: tuple[str, ...] = ()


class Runner:
    """Runs commands: each is committed whole, with its key, its audit row and its events, or not at all."""

    def __init__(self, database: Database, *, clock: Clock, ids: Ids) -> None:
        self._database = database
        self._clock = clock
        self._ids = ids

    def run(
        self,
        command: Command[Answer],
        *,
        actor: Actor,
        key: str | None = None,
        dry_run: bool = False,
        **arguments: Any,
    ) -> Outcome[Answer]:
        """Run a command in a transaction of its own.

        With a `key` it runs at most once for this actor: the same key and the same arguments give
        the remembered answer, other arguments are refused with KeyReused, and what can be no key with
        InvalidKey. A refused command leaves nothing, its key included. A dry run does everything and
        keeps nothing.
        """
        # The drivers call a serialization failure an operational error too: it is looked at before
        # such errors become the refusal that the database cannot be reached.
        with translated_errors():
            return self._run_patiently(command, actor, key, dry_run, arguments)

    def _run_patiently(
        self, command: Command[Answer], actor: Actor, key: str | None, dry_run: bool, arguments: dict
    ) -> Outcome[Answer]:
        for _ in range(ATTEMPTS):
            try:
                with self._database.writing(keep=not dry_run) as connection:
                    return self._run_once(connection, command, actor, key, arguments)
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) not in _TRANSIENT_SQLSTATES:
                    raise
        raise TooContended

    def _run_once(
        self, connection: Connection, command: Command[Answer], actor: Actor, key: str | None, arguments: dict
    ) -> Outcome[Answer]:
        now = self._clock.now()
        key_id = None
        if key is not None:
            asked = fingerprint(command.name, arguments)
            values = {"scope": actor.scope, "key": require_key(key)}
            values |= {"fingerprint": asked, "recorded_at": now}
            # The key's row comes first: of two equal requests the second waits here for the first.
            key_id = insert_if_absent(connection, IdempotencyKey, values)
            if key_id is None:
                return _remembered(connection, command, actor.scope, key, asked)
        command_id = insert_audit_row(
            connection, {"recorded_at": now, "command": command.name, **_who(actor)}
        )
        transaction = Transaction(connection, actor=actor, ids=self._ids, now=now, command_id=command_id)
        answer = command(transaction, **arguments)
        _write_events(transaction)
        if key_id is not None:
            complete_key(connection, key_id, command_id, plain(answer))
        events = tuple(name for name, _ in transaction.events)
        return Outcome(answer, is_repeat=False, events=events)


def _who(actor: Actor) -> dict[str, str]:
    return {"actor_kind": actor.kind.value, "actor_name": actor.name, "origin": actor.origin}


def _write_events(transaction: Transaction) -> None:
    common = {"command_id": transaction.command_id, "recorded_at": transaction.now}
    rows = [{"name": name, "payload": payload, **common} for name, payload in transaction.events]
    if rows:
        insert_events(transaction.connection, rows)


def _remembered(
    connection: Connection, command: Command[Answer], scope: str, key: str, asked: str
) -> Outcome:
    used = find_key(connection, scope, key)
    if used.fingerprint is None:
        raise KeyVoided
    if used.fingerprint != asked:
        raise KeyReused
    return Outcome(restore(command.answers, used.answer), is_repeat=True)
