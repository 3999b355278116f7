"""Gives a new device its api_token: it shows a code, an operator confirms it, the device claims it once."""

from __future__ import annotations

from datetime import datetime

from ledger.domain.access.commands import issue_terminal_token
from ledger.domain.devices import tables, tables_pairings
from ledger.domain.devices.errors import DevicePairingUnknown, TooManyPairings
from ledger.domain.devices.queries import terminal_by_id
from ledger.domain.devices.records import DevicePairingOffer, TerminalRecord, TerminalWithToken, WaitingDevice
from ledger.domain.devices.rules import (
    DEVICE_PAIRING_LIFETIME,
    MOST_PAIRINGS_IN_A_LIFETIME,
    normalised_code,
    require_install_id,
)
from ledger.foundation.actor import Actor, ActorKind
from ledger.foundation.permissions import Permission
from ledger.foundation.secrets import hash_secret
from ledger.storage.command import command
from ledger.storage.transaction import Reader, Transaction


def unpaired_device() -> Actor:
    """Return the actor of a device that nobody knows yet: it may wait for its token, and nothing else."""
    return Actor(ActorKind.SYSTEM, "unpaired device", frozenset({Permission.PAIRING_ASK}))


@command("devices.offer_pairing", answers=DevicePairingOffer)
def offer_pairing(tx: Transaction, *, install_id: str) -> DevicePairingOffer:
    """Let a new device wait ten minutes for the operator who types the code that it shows.

    Its former codes are good no more. Needs PAIRING_ASK. Refuses with InvalidInstallId, and with
    TooManyPairings where as many devices have asked within a code's life as a house has at most.
    """
    tx.actor.require(Permission.PAIRING_ASK)
    require_install_id(install_id)
    begin = tx.now - DEVICE_PAIRING_LIFETIME
    tables_pairings.delete_pairings_before(tx, begin)
    if tables_pairings.count_pairings_since(tx, begin) >= MOST_PAIRINGS_IN_A_LIFETIME:
        raise TooManyPairings
    tables_pairings.end_pairings_of(tx, install_id)
    code, secret, expires_at = tx.ids.pairing_code(), tx.ids.secret(), tx.now + DEVICE_PAIRING_LIFETIME
    hashes = {"code_hash": hash_secret(code), "secret_hash": hash_secret(secret)}
    tables_pairings.insert_pairing(tx, install_id=install_id, expires_at=expires_at, **hashes)
    tx.record("device.pairing_offered", install_id=install_id)
    return DevicePairingOffer(install_id, expires_at, code, secret)


def confirm_pairing(tx: Transaction, *, code: str, terminal: TerminalRecord) -> None:
    """Let the device that shows this code be this terminal; it has ten more minutes to claim its token.

    Needs TERMINALS_MANAGE. Refuses with DevicePairingUnknown.
    """
    tx.actor.require(Permission.TERMINALS_MANAGE)
    expires_at = tx.now + DEVICE_PAIRING_LIFETIME
    code_hash = hash_secret(normalised_code(code))
    install_id = tables_pairings.confirm_pairing(tx, code_hash, terminal.id, expires_at)
    if install_id is None:
        raise DevicePairingUnknown
    tx.record("terminal.paired", terminal=terminal.slug, install_id=install_id)


@command("devices.claim_pairing", answers=TerminalWithToken)
def claim_pairing(tx: Transaction, *, secret: str) -> TerminalWithToken:
    """Hand a confirmed device its api_token, once; the terminal's former one is dead from here on.

    Needs PAIRING_ASK. Refuses with DevicePairingUnknown.
    """
    tx.actor.require(Permission.PAIRING_ASK)
    terminal_id = tables_pairings.claim_pairing(tx, hash_secret(secret))
    if terminal_id is None:
        raise DevicePairingUnknown
    tables.lock_terminal(tx, terminal_id)
    terminal = terminal_by_id(tx, terminal_id=terminal_id)
    tx.record("terminal.token_claimed", terminal=terminal.slug)
    return TerminalWithToken(terminal, issue_terminal_token(tx, terminal_id))


def waiting_device(reader: Reader, *, secret: str, now: datetime) -> WaitingDevice:
    """Return whether a device that waits has been confirmed; refuses with DevicePairingUnknown."""
    row = tables_pairings.select_waiting(reader, hash_secret(secret), now)
    if row is None:
        raise DevicePairingUnknown
    return WaitingDevice(bool(row.is_confirmed), row.expires_at)
