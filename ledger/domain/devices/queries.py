"""Reads terminals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ledger.domain.access.errors import CredentialRefused
from ledger.domain.access.queries import terminal_credential
from ledger.domain.devices import tables
from ledger.domain.devices.errors import NotATerminal, TerminalUnknown
from ledger.domain.devices.records import TerminalPermission, TerminalRecord
from ledger.domain.devices.rules import TERMINAL_PERMISSIONS
from ledger.foundation.actor import Actor, ActorKind
from ledger.foundation.text import is_storable
from ledger.storage.transaction import Reader, Transaction


def terminal_by_slug(reader: Reader, *, slug: str) -> TerminalRecord:
    """Return a terminal by its public id; refuses with TerminalUnknown."""
    row = is_storable(slug) and tables.select_terminal_by_slug(reader, slug)
    if not row:
        raise TerminalUnknown
    return _record(*row)


def terminal_by_id(reader: Reader, *, terminal_id: int) -> TerminalRecord:
    """Return a terminal that exists, by id."""
    return _record(*tables.select_terminal(reader, terminal_id))


def authenticated(reader: Reader, *, api_token: str) -> tuple[TerminalRecord, Actor]:
    """Return the terminal that an api_token belongs to, as what it is and as who is asking.

    Refuses with CredentialRefused.
    """
    credential_id, terminal_id = terminal_credential(reader, api_token)
    terminal = _record(*tables.select_terminal(reader, terminal_id))
    return terminal, replace(actor_of(terminal), credential_id=credential_id)


def terminals(reader: Reader, *, ids: Sequence[int] | None = None) -> list[TerminalRecord]:
    """Return the terminals with these ids, or all of them, in the order of their public ids."""
    return [_record(*row) for row in tables.select_terminals(reader, ids)]


def acting_terminal(tx: Transaction) -> TerminalRecord:
    """Return the terminal that is asking; refuses with NotATerminal anybody else.

    Its credential is looked at again: a door may have looked a moment before it was rolled. Refuses with
    CredentialRefused then.
    """
    if tx.actor.kind is not ActorKind.TERMINAL:
        raise NotATerminal
    *terminal, revoked_at = tables.select_asking_terminal(tx, tx.actor.id, tx.actor.credential_id)
    if revoked_at is not None:
        raise CredentialRefused
    return _record(*terminal)


def foresee_asking(reader: Reader, actors: Iterable[Actor]) -> None:
    """Expect for a group what `acting_terminal` will ask for, and the accounts of those terminals."""
    asking = {(actor.id, actor.credential_id): None for actor in actors if actor.kind is ActorKind.TERMINAL}
    for terminal_id, credential_id in asking:
        tables.foresee_asking_terminal(reader, terminal_id, credential_id)


def require_live_credential(reader: Reader, actor: Actor) -> None:
    """Refuse with CredentialRefused a terminal whose credential was rolled since a door has looked at it."""
    if actor.kind is ActorKind.TERMINAL:
        *_, revoked_at = tables.select_asking_terminal(reader, actor.id, actor.credential_id)
        if revoked_at is not None:
            raise CredentialRefused


def actor_of(terminal: TerminalRecord) -> Actor:
    """Return the actor that a terminal is, with what its permission level allows."""
    return Actor(ActorKind.TERMINAL, terminal.slug, TERMINAL_PERMISSIONS[terminal.permission], id=terminal.id)


def _record(
    terminal_id: int, slug: str, friendly_name: str, permission: str, *account_ids: int
) -> TerminalRecord:
    return TerminalRecord(terminal_id, slug, friendly_name, TerminalPermission(permission), *account_ids)
