"""Cards on NFC chips that nfcpy drives itself, by USB, by serial line or, in tests, by UDP."""

from __future__ import annotations

import errno
import logging
import os
import re
import sys
import time
from types import ModuleType
from typing import Any

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

FIRST_ON_USB = "usb"
_PATH = re.compile(r"usb(:[0-9a-fA-F]{1,4}){0,2}|(tty|com):\w+(:\w+)?|udp:[\w.-]*:\d{1,5}")
_SPEAKS_14443_4 = 0x20
# A radio misses a card now and then; only what is missed twice has left.
_MISSES_UNTIL_LEFT = 2
_BETWEEN_LOOKS_S = 0.1
_LOOK_AGAIN_S = 1.0
_WHY_NOT_OPENED = {
    errno.ENODEV: "none is plugged in",
    errno.EACCES: "this user may not open it",
    errno.EBUSY: "another program uses it, perhaps pcscd",
}


class NfcSource:
    """Cards of ISO/IEC 14443 type A on the reader at `path`, as nfcpy names it (usb, usb:072f:2200,
    tty:USB0:pn532, udp:127.0.0.1:54321); ValueError for what is no such name, Missing without nfcpy.

    Waits for a reader that is not there or was unplugged. The card is sensed again and again rather than
    with nfcpy's connect(), which hides that a reader is gone and takes some cards for ones that left.
    """

    def __init__(self, path: str = FIRST_ON_USB) -> None:
        if not _PATH.fullmatch(path):
            raise ValueError(f"{path!r} names no NFC reader: use usb, usb:072f:2200 or tty:USB0:pn532")
        self._nfc = load()
        self._path = path
        self._frontend: Any = None
        self._is_ready = False
        self._uid: str | None = None
        # A card of ISO/IEC 14443-4 is kept selected: sensed again it might show another random UID.
        self._selected: Any = None
        self._misses = 0
        self._trouble: str | None = None

    def wait(self, timeout_s: float) -> list[Event]:
        """Return what has happened, as soon as something has; [] after about `timeout_s` at most.

        The driver for UDP looks for a second when nothing answers.
        """
        events: list[Event] = []
        deadline_s = time.monotonic() + timeout_s
        try:
            if self._frontend is None:
                self._frontend = self._nfc.ContactlessFrontend(self._path)
            while not events:
                self._look(events)
                if time.monotonic() >= deadline_s:
                    break
                time.sleep(_BETWEEN_LOOKS_S)
        except OSError as error:
            self._lost(error, events)
            if not events:
                time.sleep(min(timeout_s, _LOOK_AGAIN_S))
        return events

    def close(self) -> None:
        """Let go of the reader."""
        if self._frontend is not None:
            self._frontend.close()
            self._frontend, self._is_ready = None, False

    def _look(self, events: list[Event]) -> None:
        uid = self._uid if self._is_still_selected() else self._sense(events)
        if not self._is_ready:
            # Not before it has looked once: what can be opened is not always what works.
            self._is_ready, self._trouble = True, None
            events.insert(0, Notice(f"{self._path} is ready: {self._frontend.device}"))
        self._misses = 0 if uid else self._misses + 1
        if uid == self._uid or (uid is None and self._misses < _MISSES_UNTIL_LEFT):
            return
        self._card_left(events)
        if uid is not None:
            self._uid, self._trouble = uid, None
            events.append(CardCame(uid, self._path))

    def _is_still_selected(self) -> bool:
        if self._selected is None:
            return False
        try:
            if self._selected.is_present:
                return True
        except (self._nfc.clf.CommunicationError, RuntimeError):
            # nfcpy reports a field that was lost within a command as a RuntimeError.
            pass
        self._selected = None
        return False

    def _sense(self, events: list[Event]) -> str | None:
        """Return the UID of a card in the field; one that cannot be used is told once and is no card."""
        try:
            target = self._frontend.sense(self._nfc.clf.RemoteTarget("106A"), iterations=1)
            if target is None or target.sdd_res is None:
                return None
            uid = card_uid(bytes(target.sdd_res))
            if target.sel_res[0] & _SPEAKS_14443_4:
                self._selected = self._activate(target)
            return uid
        except self._nfc.clf.CommunicationError:
            return None
        except ValueError as error:
            self._say_once(f"{self._path}: this card cannot be used: {error}", events)
            return None

    def _activate(self, target: Any) -> Any:
        try:
            return self._nfc.tag.activate(self._frontend, target)
        except IndexError:
            # nfcpy expects all bytes of an ATS, of which a card may leave out most.
            return None

    def _card_left(self, events: list[Event]) -> None:
        if self._uid is not None:
            events.append(CardLeft(self._uid, self._path))
            self._uid = None

    def _lost(self, error: OSError, events: list[Event]) -> None:
        self._selected = None
        self._card_left(events)
        self.close()
        why = _WHY_NOT_OPENED.get(error.errno, str(error))
        self._say_once(f"no NFC reader at {self._path}: {why}; waiting for it", events)

    def _say_once(self, text: str, events: list[Event]) -> None:
        if text != self._trouble:
            self._trouble = text
            events.append(Notice(text))


def load() -> ModuleType:
    """Return nfcpy; Missing when it, or the libusb that it stands on, is not installed."""
    try:
        import nfc
        import nfc.clf.transport
        import nfc.tag

        # It would be missed only when somebody looks at the USB.
        nfc.clf.transport.libusb.loadLibrary()
    except ImportError:
        raise Missing("nfcpy is not installed", pip_install("nfcpy")) from None
    except OSError:
        raise Missing("libusb is not installed", "apt-get install libusb-1.0-0") from None
    # What it logs as an error, such as a reader that is not there, is told by the source in its own words.
    logging.getLogger("nfc").addHandler(logging.NullHandler())
    return nfc


def find() -> Found:
    """Return the readers on USB that nfcpy has a driver for, and what is missing."""
    try:
        load()
        from nfc.clf.device import usb_device_map
        from nfc.clf.transport import USB
    except Missing as missing:
        return Found(missing=[missing])
    drivers = [(usb_device_map.get(each[:2]), *each[2:]) for each in USB.find(FIRST_ON_USB)]
    return describe([(bus, device, driver) for driver, bus, device in drivers if driver])


def describe(plugged: list[tuple[int, int, str]], dev: str = "/dev/bus/usb") -> Found:
    """Return what there is to say of the readers at these places: bus, device, and name of their driver."""
    found = Found()
    for bus, device, driver in plugged:
        path, node = f"usb:{bus:03}:{device:03}", f"{dev}/{bus:03}/{device:03}"
        found.readers.append((path, f"driver {driver}"))
        if sys.platform == "linux" and not os.access(node, os.R_OK | os.W_OK):
            found.missing.append(Missing(f"this user may not open {path}", f"sudo chmod o+rw {node}"))
    if not plugged:
        found.missing.append(Missing("no reader that nfcpy knows is on USB", "plug one in, then look again"))
    return found
