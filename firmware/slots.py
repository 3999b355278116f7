"""Which program starts: the one copied by cable, or a slot's. This file is never updated over the air."""

import asyncio
import os
import sys
from binascii import crc32

# The program that a person copied to the root of the flash; there is no way to lose it over the air.
ROOT = "root"
SLOTS = ("a", "b")
# What /boot.sel says of the slot that it names, instead of how many tries are left.
CONFIRMED = "confirmed"
# As confirmed; the other slot has used up its tries.
ROLLED_BACK = "rolled_back"

_TRIES = 3
_RESTART_AFTER_MS = 60000
_AGAIN_AFTER_MS = 2000
_FILE = "/boot.sel"
_LIMIT = 64


class Flash:
    """The device's filesystem; tests put one in its place whose power fails."""

    def open(self, path, mode):
        """Open a file in binary mode."""
        return open(path, mode)

    def rename(self, old, new):
        """Put a file in the place of another, in one step or not at all."""
        os.rename(old, new)

    def remove(self, path):
        """Remove a file or an empty folder."""
        os.remove(path)

    def mkdir(self, path):
        """Make a folder."""
        os.mkdir(path)

    def ilistdir(self, path):
        """Yield (name, kind, …) of each entry; kind 0x4000 is a folder."""
        return os.ilistdir(path)


def folder(slot):
    """Return the folder of a slot."""
    return "/app_" + slot


def read(flash):
    """Return what /boot.sel says: (slot, state or tries left, the other slot).

    Without it, or when it is damaged, the program at the root is what there is.
    """
    try:
        with flash.open(_FILE, "rb") as file:
            slot, state, other, check = file.read(_LIMIT).decode().split()
        if int(check, 16) == crc32(_body(slot, state, other)):
            return slot, state, other
    except (OSError, ValueError):
        pass
    return ROOT, CONFIRMED, SLOTS[1]


def write(flash, slot, state, other):
    """Replace /boot.sel: a power cut leaves the old one or the new one, whole."""
    body = _body(slot, state, other)
    with flash.open(_FILE + ".new", "wb") as file:
        file.write(body + b"%08x\n" % crc32(body))
        file.flush()
    flash.rename(_FILE + ".new", _FILE)


def try_out(flash, slot):
    """Let the next starts try a slot; what runs now stays the other one."""
    write(flash, slot, str(_TRIES), read(flash)[0])


def is_on_trial(state):
    """Tell whether the slot that runs has still to be confirmed."""
    return state not in (CONFIRMED, ROLLED_BACK)


def confirm(flash):
    """Keep the slot that runs."""
    slot, _, other = read(flash)
    write(flash, slot, CONFIRMED, other)


def choose(flash):
    """Return (slot, whether it is on trial) of the program to start now.

    A try is counted down, on the flash, before anything of its slot is imported. Without tries left, or when
    they cannot be counted, it is the other slot.
    """
    slot, state, other = read(flash)
    if not is_on_trial(state):
        return slot, False
    tries = int(state)
    try:
        if tries > 0:
            write(flash, slot, str(tries - 1), other)
            return slot, True
        write(flash, other, ROLLED_BACK, slot)
    except OSError:
        pass
    return other, False


def enter():
    """Let imports find the program of the chosen slot; return whether it is on trial."""
    slot, is_trial = choose(Flash())
    if slot != ROOT:
        sys.path.insert(0, folder(slot))
    return is_trial


def forget():
    """Give this module's memory back, once nobody needs it any more."""
    del sys.modules["slots"]


async def fail(error, is_trial):
    """Say why the program cannot run. One that is on trial is started again until its tries are used up."""
    if is_trial:
        await _restart(error, _AGAIN_AFTER_MS)
    try:
        from system import safe_mode

        await safe_mode.stay(error)
    except Exception as worse:
        # There is not even a safe mode left, and a person needs the time to reach the console.
        await _restart(worse, _RESTART_AFTER_MS)


async def _restart(error, pause_ms):
    print("slots: the program cannot run, starting again:", repr(error))
    sys.print_exception(error)
    await asyncio.sleep_ms(pause_ms)
    import machine

    machine.reset()


def _body(slot, state, other):
    return f"{slot} {state} {other} ".encode()
