"""The one way to write: transaction, idempotency, dry run, audit trail and outbox, once for everybody."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy.exc import DBAPIError

from ledger.foundation.actor import Actor
from ledger.foundation.clock import Clock
from ledger.foundation.errors import Conflict, Unavailable
from ledger.foundation.ids import Ids
from ledger.storage.answers import plain, restore
from ledger.storage.command import Command, Outcome, Request
from ledger.storage.database import Database, translated_errors
from ledger.storage.keys import require_key
from ledger.storage.reader import NotGathered, Reader
from ledger.storage.tables import (
    append_audit_row,
    complete_key,
    draw_command_ids,
    find_key,
    insert_audit_row,
    insert_event,
    insert_key,
)
from ledger.storage.transaction import Transaction

Answer = TypeVar("Answer")
Done = TypeVar("Done")
ATTEMPTS = 5
# serialization_failure and deadlock_detected: nothing was wrong with the request, only with its moment.
_TRANSIENT_SQLSTATES = {"40001", "40P01"}
# lock_not_available: somebody held for too long what one request of a group needs.
_LOCKED_SQLSTATE = "55P03"
# Who waits in a group lets everybody wait: no longer than the others have patience for, and once more but
# shortly when each is run by itself.
GROUP_LOCK_TIMEOUT_MS = 2_000
SECOND_LOCK_TIMEOUT_MS = 250
# Where so many are locked, everything is: the others of the group are not tried.
MOST_LOCKED = 8


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
        return self.run_alone(Request.of(command, actor=actor, key=key, arguments=arguments), dry_run=dry_run)

    def run_alone(self, request: Request[Answer], *, dry_run: bool = False) -> Outcome[Answer]:
        """Run a request in a transaction of its own."""
        # The drivers call a serialization failure an operational error too: it is looked at before
        # such errors become the refusal that the database cannot be reached.
        with translated_errors():
            return _patiently(lambda: self._run_whole(request, keep=not dry_run))

    def _run_whole(
        self, request: Request[Answer], keep: bool = True, lock_timeout_ms: int | None = None
    ) -> Outcome[Answer]:
        with self._database.writing(keep=keep) as connection:
            reader = Reader(connection)
            if lock_timeout_ms is not None:
                reader.wait_for_locks(lock_timeout_ms)
            return self._run_once(reader, request)

    def run_together(self, requests: Sequence[Request]) -> list[Outcome | Exception]:
        """Run requests one after the other in one transaction, which waits for the disk once.

        Each still is booked whole or not at all, and has its own outcome or the exception that it
        would have raised alone. Nothing is booked until this returns.
        """
        if not requests:
            return []
        try:
            with translated_errors():
                return _patiently(lambda: self._run_group(requests))
        except Unavailable as refusal:
            if len(requests) == 1 or not _is_about_locks(refusal):
                return [refusal] * len(requests)
            return self._run_one_by_one(requests, SECOND_LOCK_TIMEOUT_MS)
        except (DBAPIError, NotGathered):
            # What the database did not take was one request's; nothing of the others' is left either.
            return self._run_one_by_one(requests, GROUP_LOCK_TIMEOUT_MS)

    def _run_group(self, requests: Sequence[Request]) -> list[Outcome | Exception]:
        with self._database.writing() as connection:
            reader = Reader(connection)
            if reader.dialect.name == "postgresql":
                _lock_in_order(reader, requests)
            with reader.pipelined(), reader.gathered():
                reader.wait_for_locks(GROUP_LOCK_TIMEOUT_MS)
                command_ids = draw_command_ids(reader, len(requests))
                pairs = zip(requests, command_ids, strict=True)
                return [self._run_apart(reader, request, drawn) for request, drawn in pairs]

    def _run_apart(self, reader: Reader, request: Request, command_id: int) -> Outcome | Exception:
        try:
            with reader.apart():
                return self._run_once(reader, request, command_id)
        except (DBAPIError, NotGathered):
            raise
        except Exception as error:
            return error

    def _run_one_by_one(self, requests: Sequence[Request], lock_timeout_ms: int) -> list[Outcome | Exception]:
        """Run requests of a group that came to nothing, each in a transaction of its own.

        What one has waited for in vain, the others that need the same do not wait for again.
        """
        came: list[Outcome | Exception] = []
        locked: dict[Any, Unavailable] = {}
        for request in requests:
            needs = request.arguments.get(request.command.grouped_by)
            if needs in locked or len(locked) == MOST_LOCKED:
                came.append(next(reversed(locked.values())))
                continue
            came.append(self._run_caught(request, lock_timeout_ms))
            if isinstance(came[-1], Unavailable) and _is_about_locks(came[-1]):
                locked[needs] = came[-1]
        return came

    def _run_caught(self, request: Request, lock_timeout_ms: int) -> Outcome | Exception:
        try:
            with translated_errors():
                return _patiently(lambda: self._run_whole(request, lock_timeout_ms=lock_timeout_ms))
        except Exception as error:
            return error

    def _run_once(
        self, reader: Reader, request: Request[Answer], command_id: int | None = None
    ) -> Outcome[Answer]:
        now = self._clock.now()
        actor, key_id = request.actor, None
        if request.key is not None:
            asked = {"fingerprint": request.fingerprint, "recorded_at": now}
            # The key's row comes first: of two equal requests the second waits here for the first.
            key_id = insert_key(reader, scope=actor.scope, key=require_key(request.key), **asked)
            if key_id is None:
                return _remembered(reader, request)
        who = {"recorded_at": now, "command": request.command.name, **_who(actor)}
        if command_id is None:
            command_id = insert_audit_row(reader, **who)
        else:
            append_audit_row(reader, id=command_id, **who)
        transaction = Transaction(reader, actor=actor, ids=self._ids, now=now, command_id=command_id)
        answer = request.command(transaction, **request.arguments)
        for name, payload in transaction.events:
            insert_event(reader, name=name, payload=payload, command_id=command_id, recorded_at=now)
        if key_id is not None:
            complete_key(reader, key_id, command_id, plain(answer))
        events = tuple(name for name, _ in transaction.events)
        return Outcome(answer, is_repeat=False, events=events)


def _patiently(work: Callable[[], Done]) -> Done:
    """Do a whole transaction's work, again where the database put another transaction before it."""
    for _ in range(ATTEMPTS):
        try:
            return work()
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in _TRANSIENT_SQLSTATES:
                raise
    raise TooContended


def _is_about_locks(refusal: Unavailable) -> bool:
    sqlstate = getattr(getattr(refusal.__cause__, "orig", None), "sqlstate", None)
    return isinstance(refusal, TooContended) or sqlstate == _LOCKED_SQLSTATE


def _lock_in_order(reader: Reader, requests: Sequence[Request]) -> None:
    """Lock first what is to be locked out of order, so that no two groups wait for each other in a ring.

    SQLite needs none of it: it has one writer at a time.
    """
    by_lock: dict[Callable, list[Any]] = {}
    for request in requests:
        if (lock_all := request.command.lock_all) is not None:
            by_lock.setdefault(lock_all, []).append(request.arguments[request.command.grouped_by])
    for lock_all, values in by_lock.items():
        if values != (in_order := sorted(values)):
            reader.wait_for_locks(GROUP_LOCK_TIMEOUT_MS)
            lock_all(reader, list(dict.fromkeys(in_order)))


def _who(actor: Actor) -> dict[str, str]:
    return {"actor_kind": actor.kind.value, "actor_name": actor.name, "origin": actor.origin}


def _remembered(reader: Reader, request: Request[Answer]) -> Outcome[Answer]:
    if request.command.admits is not None:
        request.command.admits(reader, request.actor)
    used = find_key(reader, request.actor.scope, request.key)
    if used.fingerprint is None:
        raise KeyVoided
    if used.fingerprint != request.fingerprint:
        raise KeyReused
    if used.command_id is None:
        # The first of the two is in the same group, and its answer is not written yet.
        raise NotGathered
    return Outcome(restore(request.command.answers, used.answer), is_repeat=True)
