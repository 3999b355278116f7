"""Adds terminals and rolls their tokens."""

from __future__ import annotations

from ledger.domain.access.commands import issue_terminal_token
from ledger.domain.books.commands import open_account
from ledger.domain.books.records import AccountKind
from ledger.domain.devices import tables
from ledger.domain.devices.errors import TerminalExists
from ledger.domain.devices.queries import terminal_by_slug
from ledger.domain.devices.records import TerminalPermission, TerminalRecord, TerminalWithToken
from ledger.domain.devices.rules import require_terminal
from ledger.foundation.permissions import Permission
from ledger.storage.command import command
from ledger.storage.transaction import Transaction


def add_terminal(
    tx: Transaction, *, slug: str, friendly_name: str, permission: TerminalPermission, currency: str
) -> TerminalWithToken:
    """Add a terminal with its accounts and its first api_token.

    Needs TERMINALS_MANAGE. Refuses with InvalidTerminal and TerminalExists.
    """
    tx.actor.require(Permission.TERMINALS_MANAGE)
    require_terminal(slug, friendly_name)
    values = {"slug": slug, "friendly_name": friendly_name, "permission": permission.value}
    values["sales_account_id"] = open_account(tx, AccountKind.TERMINAL_SALES, slug, currency).id
    values["cash_account_id"] = open_account(tx, AccountKind.CASH_BOX, slug, currency).id
    terminal_id = tables.insert_terminal(tx, **values)
    if terminal_id is None:
        raise TerminalExists
    tx.record("terminal.added", terminal=slug, permission=permission.value)
    record = TerminalRecord(id=terminal_id, **(values | {"permission": permission}))
    return TerminalWithToken(record, issue_terminal_token(tx, terminal_id))


@command("devices.roll_api_token", answers=TerminalWithToken)
def roll_api_token(tx: Transaction, *, slug: str) -> TerminalWithToken:
    """Give a terminal a new api_token; the old one is dead at once (X-11, terminal.txt).

    Needs TERMINALS_MANAGE. Refuses with TerminalUnknown.
    """
    tx.actor.require(Permission.TERMINALS_MANAGE)
    terminal = terminal_by_slug(tx, slug=slug)
    tables.lock_terminal(tx, terminal.id)
    tx.record("terminal.token_rolled", terminal=slug)
    return TerminalWithToken(terminal, issue_terminal_token(tx, terminal.id))
