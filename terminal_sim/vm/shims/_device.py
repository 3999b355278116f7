"""Prepares the VM like a device: flash at the root, an event loop that the host steps, sockets in asyncio."""

import asyncio
import gc

import _flash
import _loop
import _streams
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

# What stands for a module in a device's ROM weighs nothing there: it is here before the firmware comes.
for _name in ("machine", "network", "socket", "ssl"):
    __import__(_name)
