"""Sets money aside and frees it again; called by the features' commands inside their transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from ledger.domain.books import tables, tables_holds
from ledger.domain.books.errors import FloorReached, HoldUnknown
from ledger.domain.books.queries import accounts_to_post
from ledger.domain.books.records import Entry, HoldRecord, HoldState, PostingRecord
from ledger.domain.books.rules import require_holdable
from ledger.foundation.paging import Page
from ledger.foundation.text import is_storable
from ledger.storage.transaction import Reader, Row, Transaction


def reserve(tx: Transaction, entry: Entry, expires_at: datetime) -> HoldRecord:
    """Set an entry's amount (cents, > 0) of its source account aside until `expires_at`.

    Until then no posting and no other hold can have it (W3). Refuses with InvalidAmount,
    InvalidPosting and FloorReached; nothing is held then.
    """
    accounts = accounts_to_post(tx, entry)
    require_holdable(accounts[entry.source_id], accounts[entry.destination_id])
    change_above_floor(
        tx, entry.source_id, lambda: tables_holds.change_held(tx, entry.source_id, entry.amount_cents)
    )
    values = {name: value for name, value in vars(entry).items() if name not in ("kind", "reverses_id")}
    values |= {"code": tx.ids.code("hld", tx.now), "command_id": tx.command_id, "recorded_at": tx.now}
    return _record(tables_holds.insert_hold(tx, expires_at=expires_at, **values))


def free(tx: Transaction, hold: HoldRecord) -> None:
    """Let an account have again what an open hold of it, whose row `tx` has locked, has set aside."""
    tables_holds.change_held(tx, hold.source_id, -hold.amount_cents)


def release(tx: Transaction, hold: HoldRecord) -> None:
    """Close an open hold, whose row `tx` has locked, without a posting."""
    free(tx, hold)
    tables_holds.close_hold(tx, hold.id, state=HoldState.RELEASED.value)


def close_captured(tx: Transaction, hold: HoldRecord, posting: PostingRecord) -> None:
    """Close a hold that has been freed by what was posted of it."""
    captured = {"captured_cents": posting.amount_cents, "posting_id": posting.id}
    tables_holds.close_hold(tx, hold.id, state=HoldState.CAPTURED.value, **captured)


def free_overdue(tx: Transaction, account_id: int) -> Sequence[HoldRecord]:
    """Close an account's open holds whose time is over, tell of each, and return them."""
    overdue = [_record(row) for row in tables_holds.lock_overdue_holds(tx, account_id)]
    for hold in overdue:
        free(tx, hold)
        tables_holds.close_hold(tx, hold.id, state=HoldState.EXPIRED.value)
        tx.record("hold.expired", hold=hold.code, amount_cents=hold.amount_cents)
    return overdue


def change_above_floor(tx: Transaction, account_id: int, change: Callable[[], int | None]) -> int:
    """Do a change that answers None where the floor forbids it; refuses with FloorReached then.

    Holds whose time is over are looked for only where the money does not reach: they never block it,
    although nobody may have closed them, and an account without holds pays nothing for that.
    """
    if (changed := change()) is not None:
        return changed
    free_overdue(tx, account_id)
    # Also where nothing was left to free: somebody else may have done so while this was waiting for it.
    if (changed := change()) is not None:
        return changed
    now = tables.select_balance(tx, account_id)
    available_cents = now.balance_cents - now.held_cents - now.floor_cents
    told = {"available_cents": available_cents} if now.held_cents else {}
    raise FloorReached(balance_cents=now.balance_cents, **told)


def locked_hold(tx: Transaction, code: str) -> HoldRecord:
    """Return a hold that nobody else closes until `tx` ends; refuses with HoldUnknown."""
    return _known(is_storable(code) and tables_holds.lock_hold(tx, code))


def hold_by_code(reader: Reader, code: str) -> HoldRecord:
    """Return a hold by its public code; refuses with HoldUnknown."""
    return _known(is_storable(code) and tables_holds.select_hold(reader, code))


def open_holds(reader: Reader, account_id: int | None, limit: int) -> Page[HoldRecord]:
    """Return the holds that nobody has closed, of one account or of all, oldest first."""
    rows = tables_holds.select_open_holds(reader, account_id, limit + 1)
    return Page.of([_record(row) for row in rows], limit)


def accounts_with_overdue_holds(reader: Reader, now: datetime) -> list[int]:
    """Return the accounts that have a hold whose time was over before anybody closed it."""
    return [row.source_id for row in tables_holds.select_accounts_with_overdue_holds(reader, now)]


def held_cents(reader: Reader, account_id: int, now: datetime) -> int:
    """Return what is held of an account; a hold whose time is over holds nothing, closed or not."""
    return tables_holds.sum_held(reader, account_id, now)


def _known(row: Row | None) -> HoldRecord:
    if not row:
        raise HoldUnknown
    return _record(row)


def _record(row: Row) -> HoldRecord:
    values = row._asdict()
    return HoldRecord(**(values | {"state": HoldState(row.state)}))
