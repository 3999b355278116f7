"""How many devices fit into a machine."""

from __future__ import annotations

import pytest

from terminal_sim.control import Refused
from terminal_sim.fleet.room import (
    DEVICE_BYTES,
    RESERVE_BYTES,
    available_bytes,
    devices_that_fit,
    require_room,
)


def test_what_does_not_fit_is_refused_with_the_number_that_fits():
    free_bytes = RESERVE_BYTES + 3 * DEVICE_BYTES + 1
    assert devices_that_fit(free_bytes) == 3
    require_room(3, free_bytes)
    with pytest.raises(Refused, match=r"4 virtual machines do not fit: \d+ MB are free.* take --vms 3"):
        require_room(4, free_bytes)


def test_a_machine_that_is_full_has_room_for_none():
    assert devices_that_fit(RESERVE_BYTES // 2) == 0


def test_what_is_available_is_what_the_kernel_says(tmp_path):
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal:  100 kB\nMemAvailable:   42 kB\n")
    assert available_bytes(meminfo) == 42 * 1024
    assert available_bytes(tmp_path / "none") > 2**20
