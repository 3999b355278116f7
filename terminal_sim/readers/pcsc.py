"""Cards on PC/SC readers, by pyscard: whatever reader pcscd, macOS or Windows has a driver for."""

from __future__ import annotations

import shutil
import sys
import time
from dataclasses import dataclass
from types import ModuleType

from terminal_sim.readers.source import (
    CardCame,
    CardLeft,
    Event,
    Found,
    Missing,
    Notice,
    card_uid,
    pip_install,
)

# Get Data (PC/SC part 3, 3.2.2.1.3): the reader itself answers with the UID of the card on it.
_GET_UID = [0xFF, 0xCA, 0x00, 0x00, 0x00]
_DONE = [0x90, 0x00]
# A name that stands for "a reader was plugged in or out"; macOS does not know it.
_ANY_PLUG = "\\\\?PnP?\\Notification"
# A card that is just being laid down is often readable only at the second look.
_TRIES_UNTIL_TOLD = 4
_BETWEEN_TRIES_S = 0.1
_LOOK_AGAIN_S = 0.5


class ServiceLost(Exception):
    """The PC/SC service does not answer; the message says why."""


@dataclass
class _Slot:
    """What is known of one reader: the state that was last heard of, and the card that lies on it."""

    state: int = 0
    cards_counted: int = 0
    uid: str | None = None
    is_unread: bool = True
    tries: int = 0


class PcscSource:
    """Cards on every PC/SC reader whose name contains `which`; Missing without pyscard.

    Waits for readers that are not there, and for a service that is not running or was restarted:
    pyscard's own CardMonitor would stay silent for ever after that.
    """

    def __init__(self, which: str = "") -> None:
        self._scard = load()
        self._which = which
        self._context: int | None = None
        self._slots: dict[str, _Slot] = {}
        self._lacks: str | None = None

    def wait(self, timeout_s: float) -> list[Event]:
        """Return what has happened, as soon as something has; [] after about `timeout_s` at most."""
        events: list[Event] = []
        try:
            self._watch(timeout_s, events)
        except ServiceLost as lost:
            self._forget_readers(events)
            self._release()
            self._say_once("service", f"the PC/SC service does not answer ({lost}); waiting for it", events)
            if not events:
                time.sleep(min(timeout_s, _LOOK_AGAIN_S))
        return events

    def close(self) -> None:
        """Let go of the readers."""
        self._release()

    def _watch(self, timeout_s: float, events: list[Event]) -> None:
        if self._context is None:
            self._context = establish(self._scard)
        names = reader_names(self._scard, self._context)
        names = [name for name in names if self._which.lower() in name.lower()]
        self._drop_all_but(names, events)
        fresh = [name for name in names if name not in self._slots]
        self._slots |= {name: _Slot() for name in fresh}
        # Plugging is looked for again after half a second, for what happened between two calls is not told.
        changed = self._changes(0 if events else min(timeout_s, _LOOK_AGAIN_S))
        if names:
            # Not before the service has told their state: one that dies of its readers lists them, too.
            self._lacks = None
            events += [Notice(f"{name} is ready") for name in fresh]
        for name, state, _ in changed:
            if name in self._slots and state & self._scard.SCARD_STATE_CHANGED:
                self._follow(name, self._slots[name], state, events)

    def _changes(self, timeout_s: float) -> list[tuple[str, int, list[int]]]:
        """Return the readers whose state is no longer the one that is known, as soon as there are any."""
        watched = [(name, slot.state) for name, slot in self._slots.items()]
        if sys.platform != "darwin":
            watched.append((_ANY_PLUG, 0))
        if not watched:
            time.sleep(timeout_s)
            return []
        timeout_ms = int(timeout_s * 1000)
        result, changed = self._scard.SCardGetStatusChange(self._context, timeout_ms, watched)
        if result in (self._scard.SCARD_E_TIMEOUT, *_gone_meanwhile(self._scard)):
            return []
        _check(self._scard, result)
        return changed

    def _drop_all_but(self, names: list[str], events: list[Event]) -> None:
        for name in sorted(set(self._slots) - set(names)):
            self._card_left(name, self._slots.pop(name), events)
            events.append(Notice(f"{name} was unplugged"))
        if not names:
            wanted = f" whose name contains {self._which!r}" if self._which else ""
            self._say_once("reader", f"no PC/SC reader{wanted} is plugged in; waiting for one", events)

    def _follow(self, name: str, slot: _Slot, state: int, events: list[Event]) -> None:
        is_present = bool(state & self._scard.SCARD_STATE_PRESENT)
        # The upper half counts comings and goings: between two looks one card may have left and another come.
        if not is_present or state >> 16 != slot.cards_counted:
            self._card_left(name, slot, events)
            slot.is_unread, slot.tries = True, 0
        slot.state, slot.cards_counted = state & ~self._scard.SCARD_STATE_CHANGED, state >> 16
        if is_present and slot.is_unread:
            self._read(name, slot, events)

    def _read(self, name: str, slot: _Slot, events: list[Event]) -> None:
        try:
            slot.uid = card_uid(bytes(read_uid(self._scard, self._context, name)))
            events.append(CardCame(slot.uid, name))
        except ValueError as error:
            events.append(Notice(f"{name}: this card cannot be used: {error}"))
        except _NotRead as error:
            slot.tries += 1
            if slot.tries == _TRIES_UNTIL_TOLD:
                events.append(Notice(f"{name}: the card cannot be read ({error}); hold it still"))
            time.sleep(_BETWEEN_TRIES_S if slot.tries < _TRIES_UNTIL_TOLD else _LOOK_AGAIN_S)
            # Asked as one that knows nothing, the service tells at once what is there by then.
            slot.state = self._scard.SCARD_STATE_UNAWARE
            return
        slot.is_unread = False

    def _card_left(self, name: str, slot: _Slot, events: list[Event]) -> None:
        if slot.uid is not None:
            events.append(CardLeft(slot.uid, name))
            slot.uid = None

    def _forget_readers(self, events: list[Event]) -> None:
        for name, slot in self._slots.items():
            self._card_left(name, slot, events)
        self._slots.clear()

    def _say_once(self, what_lacks: str, text: str, events: list[Event]) -> None:
        # A service that is gone says so in one way, and one that is not there in another.
        if what_lacks != self._lacks:
            self._lacks = what_lacks
            events.append(Notice(text))

    def _release(self) -> None:
        if self._context is not None:
            self._scard.SCardReleaseContext(self._context)
            self._context = None


class _NotRead(Exception):
    """The card did not tell its UID this time; the message says why."""


class _NoCard(_NotRead):
    """There is no card, or no longer."""


def load() -> ModuleType:
    """Return pyscard's plain functions; Missing when it is not installed."""
    try:
        from smartcard import scard
    except ImportError:
        install = pip_install("pyscard")
        if sys.platform == "linux":
            install = f"apt-get install pcscd libpcsclite-dev gcc && {install}"
        raise Missing("pyscard is not installed", install) from None
    return scard


def establish(scard: ModuleType) -> int:
    """Return a context of the PC/SC service; ServiceLost when there is none."""
    result, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    _check(scard, result)
    return context


def reader_names(scard: ModuleType, context: int) -> list[str]:
    """Return the names of the readers that are plugged in; ServiceLost when the service is gone."""
    result, names = scard.SCardListReaders(context, [])
    if result == scard.SCARD_E_NO_READERS_AVAILABLE:
        return []
    _check(scard, result)
    return sorted(names)


def read_uid(scard: ModuleType, context: int, name: str) -> list[int]:
    """Return the UID of the card on a reader; ValueError when it tells none."""
    protocols = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
    result, card, protocol = scard.SCardConnect(context, name, scard.SCARD_SHARE_SHARED, protocols)
    _check_read(scard, result)
    try:
        result, answer = scard.SCardTransmit(card, protocol, _GET_UID)
        _check_read(scard, result)
    finally:
        scard.SCardDisconnect(card, scard.SCARD_LEAVE_CARD)
    if len(answer) < len(_DONE):
        # Some drivers say "done" and hand over nothing when the card leaves in the middle of its answer.
        raise _NotRead("it was gone before its answer was complete")
    if answer[-2:] != _DONE:
        raise ValueError(f"it tells no UID (status {bytes(answer[-2:]).hex().upper()})")
    return answer[:-2]


def find() -> Found:
    """Return the PC/SC readers of this computer, and what is missing."""
    try:
        scard = load()
        context = establish(scard)
    except Missing as missing:
        return Found(missing=[missing])
    except ServiceLost as lost:
        return Found(missing=[Missing(f"the PC/SC service does not answer ({lost})", _service_line())])
    try:
        names = reader_names(scard, context)
        if not names:
            return Found(missing=[Missing("no PC/SC reader is plugged in", "plug one in, then look again")])
        return Found([(name, _card_on(scard, context, name)) for name in names])
    except ServiceLost as lost:
        return Found(missing=[Missing(f"the PC/SC service has just stopped ({lost})", _service_line())])
    finally:
        scard.SCardReleaseContext(context)


def _card_on(scard: ModuleType, context: int, name: str) -> str:
    try:
        return f"card {card_uid(bytes(read_uid(scard, context, name)))}"
    except ValueError as error:
        return f"a card that cannot be used: {error}"
    except _NoCard:
        return "no card"
    except _NotRead as error:
        return f"a card that could not be read: {error}"


def _service_line() -> str:
    if sys.platform != "linux":
        return "start the system's smart card service"
    if not shutil.which("pcscd", path="/usr/sbin:/usr/bin:/sbin:/bin"):
        return "apt-get install pcscd"
    return "systemctl start pcscd.socket, or pcscd where there is no systemd"


def _gone_meanwhile(scard: ModuleType) -> tuple[int, ...]:
    """Return what the service answers when a reader was pulled out since its name was told."""
    return scard.SCARD_E_UNKNOWN_READER, scard.SCARD_E_READER_UNAVAILABLE, scard.SCARD_E_NO_READERS_AVAILABLE


def _check(scard: ModuleType, result: int) -> None:
    if result != scard.SCARD_S_SUCCESS:
        raise ServiceLost(scard.SCardGetErrorMessage(result).rstrip(". "))


def _check_read(scard: ModuleType, result: int) -> None:
    if result != scard.SCARD_S_SUCCESS:
        is_empty = result in (scard.SCARD_E_NO_SMARTCARD, scard.SCARD_W_REMOVED_CARD)
        raise (_NoCard if is_empty else _NotRead)(scard.SCardGetErrorMessage(result).rstrip(". "))
