"""Publishes releases and withdraws them."""

from __future__ import annotations

from collections.abc import Sequence

from ledger.domain.devices.queries import terminal_by_slug
from ledger.domain.firmware import tables
from ledger.domain.firmware.errors import ReleaseExists, ReleaseNotSigned, ReleaseUnknown
from ledger.domain.firmware.queries import record_of
from ledger.domain.firmware.records import ReleaseRecord
from ledger.domain.firmware.rules import is_signed, read_manifest, require_contents, sha256_of
from ledger.foundation.permissions import Permission
from ledger.storage.command import command
from ledger.storage.transaction import Transaction


@command("firmware.publish", answers=ReleaseRecord)
def publish(
    tx: Transaction,
    *,
    manifest: bytes,
    signature: str,
    modulus: int,
    contents: Sequence[bytes],
    only_terminal: str | None = None,
) -> ReleaseRecord:
    """Keep a signed release, so that every node of the ledger has it, and offer it to the board's devices.

    `modulus` is that of the public key which the devices hold. The same release may be published again: to
    all instead of one terminal, or after it was withdrawn. Needs TERMINALS_MANAGE. Refuses with
    InvalidRelease, ReleaseNotSigned, ReleaseExists, TerminalUnknown.
    """
    tx.actor.require(Permission.TERMINALS_MANAGE)
    read = read_manifest(manifest)
    require_contents(read, contents)
    if not is_signed(manifest, signature, modulus):
        raise ReleaseNotSigned
    audience = terminal_by_slug(tx, slug=only_terminal).id if only_terminal else None
    for content in contents:
        tables.insert_file(tx, sha256_of(content), content)
    manifest_id = tables.insert_file(tx, sha256_of(manifest), manifest)
    named = {"board": read.board, "version": read.version}
    values = {"manifest_id": manifest_id, "signature": signature, "terminal_id": audience}
    if tables.insert_release(tx, **named, **values) is None:
        if _release(tx, **named).manifest_sha256 != sha256_of(manifest):
            raise ReleaseExists
        tables.change_release(tx, **named, **values, withdrawn_at=None)
    tx.record("firmware.published", **named, terminal=only_terminal, manifest=sha256_of(manifest))
    return _release(tx, **named)


@command("firmware.withdraw", answers=ReleaseRecord)
def withdraw(tx: Transaction, *, board: str, version: str) -> ReleaseRecord:
    """Offer a release to nobody any more; devices that run it keep it.

    Needs TERMINALS_MANAGE. Refuses with ReleaseUnknown.
    """
    tx.actor.require(Permission.TERMINALS_MANAGE)
    if _release(tx, board, version).withdrawn_at is None:
        tables.change_release(tx, board, version, withdrawn_at=tx.now)
        tx.record("firmware.withdrawn", board=board, version=version)
    return _release(tx, board, version)


def _release(tx: Transaction, board: str, version: str) -> ReleaseRecord:
    row = tables.select_release(tx, board, version)
    if row is None:
        raise ReleaseUnknown
    return record_of(row)
