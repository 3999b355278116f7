"""Reads terminals."""

from __future__ import annotations

from collections.abc import Sequence

from ledger.domain.access.queries import terminal_id_by_token
from ledger.domain.devices import tables
from ledger.domain.devices.errors import NotATerminal, TerminalUnknown
from ledger.domain.devices.records import TerminalPermission, TerminalRecord
from ledger.domain.devices.rules import TERMINAL_PERMISSIONS
from ledger.foundation.actor import Actor, ActorKind
from ledger.foundation.text import is_storable
from ledger.storage.transaction import Reader, Row, Transaction


def terminal_by_slug(reader: Reader, *, slug: str) -> TerminalRecord:
    """Return a terminal by its public id; refuses with TerminalUnknown."""
    row = is_storable(slug) and tables.select_terminal_by_slug(reader, slug)
    if not row:
        raise TerminalUnknown
    return _record(row)


def terminal_by_token(reader: Reader, *, api_token: str) -> TerminalRecord:
    """Return the terminal that an api_token belongs to; refuses with CredentialRefused."""
    return _record(tables.select_terminal(reader, terminal_id_by_token(reader, api_token)))


def terminals(reader: Reader, *, ids: Sequence[int] | None = None) -> list[TerminalRecord]:
    """Return the terminals with these ids, or all of them, in the order of their public ids."""
    return [_record(row) for row in tables.select_terminals(reader, ids)]


def acting_terminal(tx: Transaction) -> TerminalRecord:
    """Return the terminal that is asking; refuses with NotATerminal anybody else."""
    if tx.actor.kind is not ActorKind.TERMINAL:
        raise NotATerminal
    return _record(tables.select_terminal(tx, tx.actor.id))


def actor_of(terminal: TerminalRecord) -> Actor:
    """Return the actor that a terminal is, with what its permission level allows."""
    return Actor(ActorKind.TERMINAL, terminal.slug, TERMINAL_PERMISSIONS[terminal.permission], id=terminal.id)


def _record(row: Row) -> TerminalRecord:
    return TerminalRecord(**(row._asdict() | {"permission": TerminalPermission(row.permission)}))
