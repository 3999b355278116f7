"""An update's way: published, fetched, started, kept; or given up, with the old version selling again."""

from __future__ import annotations

from pathlib import Path

from terminal_sim.machine import Machine
from tests.factories.builds import built
from tests.factories.firmware import key_pair, published
from tests.journeys.test_coffee import buy
from tests.journeys.world import ESPRESSO_CENTS, World

CRASHES = '"""A program that fails at its start."""\n\nraise ValueError("a mistake")\n'


def updating_machine(world: World) -> Machine:
    """Put a coffee machine on the bench that holds the key of updates and asks for them often."""
    machine = world.coffee_machine(update_check_ms=5000)
    machine.cut_power()
    machine.device.files().write("/update_key.json", key_pair().public)
    machine.boot()
    machine.wait_display("Choose a drink")
    return machine


def publish_for(world: World, machine: Machine, folder: Path, changes: dict[str, str] | None = None) -> str:
    """Publish another version for one machine, and return it."""
    version = f"9.{next(world.premises.numbers)}.0"
    contents = built(folder, version, changes).contents
    published(world.ledger, version, contents=contents, only_terminal=machine.name)
    return version


def wait_said(machine: Machine, text: str, timeout_s: float = 120) -> None:
    """Let time pass until the console has a line with this text."""
    machine.wait_until(lambda: any(text in line for line in machine.console), timeout_s)


def test_a_good_version_is_kept_and_a_broken_one_is_given_up(world: World, tmp_path: Path):
    machine, anna = updating_machine(world), world.person(balance_cents=500)
    good = publish_for(world, machine, tmp_path)
    wait_said(machine, f"ota: version {good} runs from a, 2")
    wait_said(machine, "this version is healthy and stays")
    buy(machine, anna)
    assert machine.live_set_bytes() < 96 * 1024
    broken = publish_for(world, machine, tmp_path, {"app.py": CRASHES})
    wait_said(machine, "ValueError: a mistake")
    wait_said(machine, f"ota: version {good} runs from a, rolled_back")
    wait_said(machine, f"not updated: version {broken} did not become healthy here")
    buy(machine, anna)
    assert anna.amounts_cents == [-ESPRESSO_CENTS] * 2


def test_an_update_that_is_cut_off_again_and_again_arrives(world: World, tmp_path: Path):
    machine = updating_machine(world)
    version = publish_for(world, machine, tmp_path)
    cuts = 0
    while not any(f"version {version} runs from a" in line for line in machine.console):
        machine.cut_power_at(170)
        machine.run_for(30)
        if machine.is_powered:
            break
        cuts += 1
        machine.boot()
        machine.wait_display("Choose a drink")
    assert cuts >= 3
    wait_said(machine, "this version is healthy and stays")
