"""Whether this machine can run devices, and how many fit into its memory."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

from terminal_sim.control import Refused

# So many where nobody says how many.
DEVICES = 2
# A Node.js process with the VM in it, and what this process keeps for it (`python -m benchmarks.simulator`).
DEVICE_BYTES = 60 * 1024 * 1024
# What is left to the machine itself, and to a ledger on it.
RESERVE_BYTES = 512 * 1024 * 1024
_MEMINFO = Path("/proc/meminfo")


def available_bytes(meminfo: Path = _MEMINFO) -> int:
    """Return how much memory is free for new processes; where nothing tells it, half of what is built in."""
    try:
        for line in meminfo.read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2


def devices_that_fit(free_bytes: int) -> int:
    """Return how many devices fit into so much memory."""
    return max(0, (free_bytes - RESERVE_BYTES) // DEVICE_BYTES)


def require_room(devices: int, free_bytes: int) -> None:
    """Raise Refused where so many devices do not fit."""
    fitting = devices_that_fit(free_bytes)
    if devices > fitting:
        free_mb, each_mb = free_bytes // 1024**2, DEVICE_BYTES // 1024**2
        raise Refused(
            f"{devices} virtual machines do not fit: {free_mb} MB are free, each takes about {each_mb} MB, "
            f"and {RESERVE_BYTES // 1024**2} MB are left to the rest: take --vms {fitting}, and the others "
            "are light terminals"
        )


def require_vm() -> None:
    """Raise Refused where a device has nothing to run on."""
    if find_spec("littlefs") is None:
        raise Refused("devices need an extra: pip install 'tapledger[sim]'")
    from terminal_sim.vm.node import NodeMissing, find_node
    from terminal_sim.vm.process import VmMissing, find_module

    try:
        find_node()
        find_module()
    except (NodeMissing, VmMissing) as error:
        raise Refused(str(error)) from None
