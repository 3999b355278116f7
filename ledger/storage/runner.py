"""The one way to write: transaction, idempotency, dry run, audit trail and outbox, once for everybody."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy.exc import DBAPIError

from ledger.foundation.actor import Actor
from ledger.foundation.clock import Clock
from ledger.foundation.errors import Conflict, Unavailable
from ledger.foundation.ids import Ids
from ledger.storage.answers import plain, restore
from ledger.storage.command import Command, Outcome, Request
from ledger.storage.database import Database, translated_errors
from ledger.storage.gathering import Gathering, NotGathered
from ledger.storage.keys import is_key, require_key
from ledger.storage.reader import Reader
from ledger.storage.tables import (
    append_audit_row,
    complete_key,
    delete_keys,
    expect_command_ids,
    expect_keys,
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
# What the database does not take, and what its driver does not even send: a number that is too large for it,
# half a character.
_NOT_TAKEN = (DBAPIError, OverflowError, UnicodeError)
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
        except (*_NOT_TAKEN, NotGathered):
            # What was not taken was one request's; nothing of the others' is left either.
            return self._run_one_by_one(requests, GROUP_LOCK_TIMEOUT_MS)

    def _run_group(self, requests: Sequence[Request]) -> list[Outcome | Exception]:
        with self._database.writing() as connection:
            reader = Reader(connection)
            with reader.expecting():
                reader.wait_for_locks(GROUP_LOCK_TIMEOUT_MS)
                key_ids = expect_keys(reader, list(_key_rows(requests, self._clock.now())))
                _foresee(reader, requests)
                command_ids = expect_command_ids(reader, len(requests))
            places = [
                _Place(command_id, key_ids.pop((request.actor.scope, request.key), None))
                for request, command_id in zip(requests, command_ids, strict=True)
            ]
            with reader.gathered() as gathering:
                pairs = zip(requests, places, strict=True)
                outcomes = [self._run_apart(gathering, reader, *pair) for pair in pairs]
            with reader.at_once():
                reader.write(gathering)
                delete_keys(reader, _unused(places, outcomes))
                reader.commit()
            return outcomes

    def _run_apart(
        self, gathering: Gathering, reader: Reader, request: Request, place: _Place
    ) -> Outcome | Exception:
        try:
            with gathering.apart():
                return self._run_once(reader, request, place)
        except (DBAPIError, NotGathered):
            # For whoever holds the whole transaction.
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
        self, reader: Reader, request: Request[Answer], place: _Place | None = None
    ) -> Outcome[Answer]:
        now = self._clock.now()
        actor = request.actor
        # The key's row comes first: of two equal requests the second waits here for the first.
        key_id = place.key_id if place else _use_key(reader, request, now)
        if key_id is None and request.key is not None:
            return _remembered(reader, request)
        who = {"recorded_at": now, "command": request.command.name, **_who(actor)}
        if place is None:
            command_id = insert_audit_row(reader, **who)
        else:
            command_id = place.command_id
            append_audit_row(reader, id=command_id, **who)
        transaction = Transaction(reader, actor=actor, ids=self._ids, now=now, command_id=command_id)
        answer = request.command(transaction, **request.arguments)
        for name, payload in transaction.events:
            insert_event(reader, name=name, payload=payload, command_id=command_id, recorded_at=now)
        if key_id is not None:
            complete_key(reader, key_id, command_id, plain(answer))
        events = tuple(name for name, _ in transaction.events)
        return Outcome(answer, is_repeat=False, events=events)


@dataclass(frozen=True)
class _Place:
    """What was drawn for a request of a group before it runs; no key's id where the key was used before."""

    command_id: int
    key_id: int | None


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


def _unused(places: Sequence[_Place], outcomes: Sequence[Outcome | Exception]) -> list[int]:
    """Return the keys of those that were refused: nothing is left of them."""
    pairs = zip(places, outcomes, strict=True)
    return [place.key_id for place, came in pairs if isinstance(came, Exception) and place.key_id is not None]


def _key_rows(requests: Sequence[Request], now: datetime) -> Iterator[dict[str, Any]]:
    for request in requests:
        # What can be no key is refused when its request is run.
        if request.key is not None and is_key(request.key):
            yield _key_row(request, now)


def _key_row(request: Request, now: datetime) -> dict[str, Any]:
    used = {"scope": request.actor.scope, "key": request.key}
    return {**used, "fingerprint": request.fingerprint, "recorded_at": now}


def _use_key(reader: Reader, request: Request, now: datetime) -> int | None:
    if request.key is None:
        return None
    require_key(request.key)
    return insert_key(reader, **_key_row(request, now))


def _foresee(reader: Reader, requests: Sequence[Request]) -> None:
    """Read, and lock in one order, what the commands of a group will ask for."""
    by_way: dict[Callable, list[Request]] = {}
    for request in requests:
        if (foresee := request.command.foresee) is not None:
            by_way.setdefault(foresee, []).append(request)
    for foresee, those in by_way.items():
        foresee(reader, those)


def _who(actor: Actor) -> dict[str, str]:
    return {"actor_kind": actor.kind.value, "actor_name": actor.name, "origin": actor.origin}


def _remembered(reader: Reader, request: Request[Answer]) -> Outcome[Answer]:
    # In a group, what can be no key was not used up for anybody either.
    require_key(request.key)
    if request.command.admits is not None:
        request.command.admits(reader, request.actor)
    used = find_key(reader, request.actor.scope, request.key)
    if used.command_id is None:
        # The first of the two is in the same group: its answer is not written yet, and where it was refused
        # its key is still free.
        raise NotGathered
    if used.fingerprint is None:
        raise KeyVoided
    if used.fingerprint != request.fingerprint:
        raise KeyReused
    return Outcome(restore(request.command.answers, used.answer), is_repeat=True)
