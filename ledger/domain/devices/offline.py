"""Grants terminals how much their devices may sell while they cannot ask."""

from __future__ import annotations

from ledger.domain.devices import tables, tables_offline
from ledger.domain.devices.queries import terminal_by_slug
from ledger.domain.devices.records import OfflineAllowanceRecord, TerminalRecord
from ledger.domain.devices.rules import require_allowance
from ledger.foundation.permissions import Permission
from ledger.storage.command import command
from ledger.storage.transaction import Reader, Transaction


@command("devices.grant_offline", answers=TerminalRecord)
def grant_offline(
    tx: Transaction, *, slug: str, allowance: OfflineAllowanceRecord | None
) -> TerminalRecord:
    """Let a terminal's device sell within these limits without asking; None takes the grant back.

    A device learns of it with its next question for its configuration. What it has sold by then it settles.

    Needs TERMINALS_MANAGE. Refuses with TerminalUnknown and InvalidAllowance.
    """
    tx.actor.require(Permission.TERMINALS_MANAGE)
    terminal = terminal_by_slug(tx, slug=slug)
    values = None if allowance is None else require_allowance(allowance)
    tables.lock_terminal(tx, terminal.id)
    tables_offline.replace_allowance(tx, terminal.id, values)
    if values is None:
        tx.record("terminal.offline_taken_back", terminal=slug)
    else:
        tx.record("terminal.offline_granted", terminal=slug, **values)
    return terminal


def offline_allowance(reader: Reader, *, terminal_id: int) -> OfflineAllowanceRecord | None:
    """Return what a terminal's device may sell without asking, or None."""
    row = tables_offline.select_allowance(reader, terminal_id)
    return row and OfflineAllowanceRecord(*row)
