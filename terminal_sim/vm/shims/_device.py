"""Prepares the VM like a device: flash at the root, an event loop that the host steps, sockets in asyncio."""

import asyncio
import gc
import sys

import _flash
import _loop
import _streams
import micropython
import vfs

vfs.umount("/")
# The shims stay reachable beside the device's own flash; a device has its built-in modules in ROM.
vfs.mount(vfs.VfsPosix("/shims"), "/shims")
vfs.mount(_flash.Flash(), "/")

asyncio.run = _loop.run
asyncio.ThreadSafeFlag = _loop.ThreadSafeFlag
asyncio.StreamReader = asyncio.StreamWriter = _streams.Stream
asyncio.open_connection = _streams.open_connection

step = _loop.step
collect = gc.collect
allocated = gc.mem_alloc
tell_names = micropython.qstr_info
_weight = 0
_BLOCK = 16


def step_and_weigh():
    """Take a step, and note what is allocated at its end, before anything is collected."""
    global _weight
    delay_ms = _loop.step()
    _weight = gc.mem_alloc()
    return delay_ms


def weight():
    """Return what was noted."""
    return _weight



def docs_bytes():
    """Return what the docstrings of modules and classes take: an object, and its letters in whole blocks."""
    docs = {}
    for module in sys.modules.values():
        # What is built in has no dictionary, and no docstring either.
        inside = getattr(module, "__dict__", {})
        texts = [thing.__doc__ for thing in inside.values() if isinstance(thing, type) and _has_doc(thing)]
        for doc in texts + [inside.get("__doc__", "")]:
            docs[id(doc)] = len(doc)
    return sum(_BLOCK + (count // _BLOCK + 1) * _BLOCK for count in docs.values() if count)


def _has_doc(thing):
    return isinstance(getattr(thing, "__doc__", None), str)


# What stands for a module in a device's ROM weighs nothing there: it is here before the firmware comes.
for _name in ("machine", "network", "socket", "ssl"):
    __import__(_name)
