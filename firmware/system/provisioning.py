"""What makes a board this device, kept beside its filesystem too: a stock boot may format a flash anew."""

import os

from system.log import log

_SPACE = "tapledger"
# File and key; a key has fifteen letters at most, a value 4000 bytes. The configuration comes last: while
# it is missing all of them are written, so that a power cut in between leaves no half of a device.
_FILES = (("/state/token", "token"), ("/ca.der", "ca"), ("/config.json", "config"))
_LONGEST = 4000


def restore(space=None, root=""):
    """Write what the flash has lost from the chip's own store; nothing happens on a chip without one.

    Only a flash without config.json is one that was formatted: what else a person has removed stays away.
    """
    space = space or _store()
    if space is None or _read(root + _FILES[-1][0]) is not None:
        return
    buffer = bytearray(_LONGEST)
    for path, key in _FILES:
        try:
            count = space.get_blob(key, buffer)
        except OSError:
            continue
        _write(root + path, memoryview(buffer)[:count])
        log("config", f"{path} was gone; it is back from the chip's own store")


def keep(space=None, root=""):
    """Put what is on the flash into the chip's store, where it differs; called when it was found good.

    A store that takes it not is told on the console and stops nothing.
    """
    try:
        _keep(space or _store(), root)
    except OSError as error:
        log("config", f"the chip's own store fails: {error!r}")


def _keep(space, root):
    if space is None:
        return
    buffer = bytearray(_LONGEST)
    has_changed = False
    for path, key in _FILES:
        data = _read(root + path)
        if data is None or len(data) > _LONGEST:
            continue
        try:
            is_kept = buffer[: space.get_blob(key, buffer)] == data
        except OSError:
            is_kept = False
        if not is_kept:
            space.set_blob(key, data)
            has_changed = True
    if has_changed:
        space.commit()


def _store():
    try:
        import esp32
    except ImportError:
        return None
    try:
        return esp32.NVS(_SPACE)
    except OSError as error:
        log("config", f"the chip's own store fails: {error!r}")
        return None


def _read(path):
    try:
        with open(path, "rb") as file:
            return file.read(_LONGEST + 1)
    except OSError:
        return None


def _write(path, data):
    folder = path[: path.rfind("/")]
    if folder:
        try:
            os.mkdir(folder)
        except OSError:
            pass
    with open(path + ".new", "wb") as file:
        file.write(data)
        file.flush()
    os.rename(path + ".new", path)
