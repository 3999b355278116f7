"""The power fails while a device updates itself: it starts again, and gets to the new version."""

from __future__ import annotations

from benchmarks.power_cuts.street import Street
from terminal_sim.machine import Machine

# An update that brings one small module; the first two bring all of them.
MOST_OPERATIONS = 90
UPDATING_S = 120


def cut_an_update(street: Street, machine: Machine) -> str:
    """Cut the power from the first look for an update to the end of its trial."""
    version = street.publisher.publish()
    said_before, draw = len(machine.console), street.draw
    if draw.random() < 0.8:
        machine.cut_power_at(draw.randint(1, MOST_OPERATIONS), torn=draw.random() < 0.5)
    machine.run_for(draw.random() * 20)
    street.go_on(machine)
    street.wait_said(machine, said_before, f"version {version} runs", UPDATING_S)
    street.wait_said(machine, said_before, "healthy and stays", UPDATING_S)
    tries = sum(f"version {version} runs" in line for line in machine.console[said_before:])
    return "updated" if tries == 1 else "updated, started again in its trial"
