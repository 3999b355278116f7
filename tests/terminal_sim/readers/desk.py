"""A desk with a PC/SC reader: the real pcscd and vpcd's virtual reader, in a network of their own."""

from __future__ import annotations

import json
import os
import plistlib
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
DRIVERS = Path("/usr/lib/pcsc/drivers")
VPCD = DRIVERS / "serial" / "libifdvpcd.so"
READER = "Desk Reader"
FIRST_SLOT, SECOND_SLOT = f"{READER} 00 00", f"{READER} 00 01"
BUNDLE = {
    "CFBundleExecutable": "libusb_bus.so",
    "ifdVendorID": ["0x1209"],
    "ifdProductID": ["0x0001"],
    "ifdFriendlyName": [READER],
    "ifdCapabilities": "0x00000000",
}


class Desk:
    """What a person at the desk does: start and kill pcscd, plug the reader in and out, lay down cards.

    vpcd listens on every address there is, so that pcscd runs in a network namespace with nothing but
    a loopback of its own; and there can be but one pcscd a machine, so that what it writes to /run goes
    to this folder instead. Programs find it there by the environment variable that `environment` holds.
    """

    def __init__(self) -> None:
        # Not pytest's folder: the name of a socket has 107 bytes at most.
        self._folder = Path(tempfile.mkdtemp(prefix="desk-"))
        self._usb = self._folder / "usb"
        self._socket = self._folder / "run" / "pcscd" / "pcscd.comm"
        self._build()
        # Who is not root here becomes root there.
        self._is_root = os.geteuid() == 0
        spaces = ["--net", "--mount", *([] if self._is_root else ["--map-root-user"])]
        self._namespace = subprocess.Popen(["unshare", *spaces, "sleep", "infinity"])
        # Not before it sleeps are its mounts its own, and no longer those of this machine.
        self._wait(lambda: Path(f"/proc/{self._namespace.pid}/comm").read_text() == "sleep\n")
        assert self.inside("ip", "link", "set", "lo", "up").wait() == 0
        for ours, theirs in ((self._folder / "run", "/run"), (self._folder / "drivers", DRIVERS)):
            assert self.inside("mount", "--bind", str(ours), str(theirs)).wait() == 0
        self._pcscd: subprocess.Popen | None = None
        self._cards: list[subprocess.Popen] = []

    @property
    def environment(self) -> dict[str, str]:
        """What a program's environment needs to find this desk's pcscd."""
        return {"PCSCLITE_CSOCK_NAME": str(self._socket)}

    def start_pcscd(self, is_plugged: bool = True) -> None:
        """Start pcscd, by default with the reader plugged in."""
        variables = (f"LD_PRELOAD={self._library}", f"USB_PIPE={self._usb}")
        no_serial_readers = f"--config={self._folder / 'none'}"
        self._pcscd = self.inside("env", *variables, "pcscd", "--foreground", no_serial_readers)
        self._wait(self._socket.exists)
        if is_plugged:
            self.plug_in()

    def kill_pcscd(self) -> None:
        """Let pcscd die without a word to anybody."""
        if self._pcscd is not None:
            self._pcscd.kill()
            self._pcscd.wait()
            self._pcscd = None
        for left_behind in self._socket.parent.iterdir():
            left_behind.unlink()

    def plug_in(self) -> None:
        """Plug the reader in."""
        self._usb_says(b"+")

    def unplug(self) -> None:
        """Pull the reader out."""
        self._usb_says(b"-")

    def lay_down(self, uid: str | None, slot: int = 0, leaves_when_read: int = 0) -> subprocess.Popen:
        """Lay a card on the reader; it lies there until take_away."""
        card = {"slot": slot, "uid": uid, "leaves_when_read": leaves_when_read}
        self._cards.append(self.inside(sys.executable, str(HERE / "virtual_card.py"), json.dumps(card)))
        return self._cards[-1]

    def take_away(self, card: subprocess.Popen) -> None:
        """Take a card from the reader."""
        card.kill()
        card.wait()
        self._cards.remove(card)

    def inside(self, *command: str, **options: Any) -> subprocess.Popen:
        """Start a program in the desk's own network."""
        spaces = ["--net", "--mount", *([] if self._is_root else ["--user", "--preserve-credentials"])]
        enter = ["nsenter", f"--target={self._namespace.pid}", *spaces, f"--wd={Path.cwd()}"]
        return subprocess.Popen([*enter, *command], **options)

    def tidy(self) -> None:
        """Take everything off the desk."""
        for card in list(self._cards):
            self.take_away(card)
        self.kill_pcscd()

    def close(self) -> None:
        """Leave nothing behind."""
        self.tidy()
        self._namespace.kill()
        self._namespace.wait()
        shutil.rmtree(self._folder)

    def _build(self) -> None:
        contents = self._folder / "drivers" / "desk.bundle" / "Contents"
        (contents / "Linux").mkdir(parents=True)
        self._socket.parent.mkdir(parents=True)
        (self._folder / "none").mkdir()
        os.mkfifo(self._usb)
        self._library = contents / "Linux" / BUNDLE["CFBundleExecutable"]
        (contents / "Info.plist").write_bytes(plistlib.dumps(BUNDLE))
        # The name under which the linker notes the library that it was given.
        shutil.copyfile(VPCD, self._library.with_name("libifdvpcd.so.0"))
        words = "gcc -shared -fPIC -Wall -Werror -I/usr/include/PCSC -Wl,--no-as-needed -Wl,-rpath,$ORIGIN"
        subprocess.run([*words.split(), HERE / "usb_bus.c", VPCD, "-o", self._library], check=True)

    def _usb_says(self, what: bytes) -> None:
        with self._usb.open("wb", buffering=0) as pipe:
            pipe.write(what)

    def _wait(self, predicate) -> None:
        deadline_s = time.monotonic() + 20
        while not predicate():
            assert time.monotonic() < deadline_s, "the desk is not ready"
            time.sleep(0.01)
