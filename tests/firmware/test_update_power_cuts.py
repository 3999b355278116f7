"""The power fails at every flash operation of an update: what starts is the old or the new version, whole."""

import sys

import pytest
import slots

from terminal_sim.vm.flash import FlashChip
from tests.firmware.flash import PowerCut
from tests.firmware.releases import MODULES, Site

NEW = {**MODULES, "app.mpy": b"M\x06 newer", "system/added.mpy": b"M\x06" + b"added" * 900}
TORN = pytest.mark.parametrize("torn", [True, False], ids=["torn write", "clean cut"])


@pytest.fixture(autouse=True)
def loads_mpy(monkeypatch):
    """Let CPython say what a MicroPython that loads .mpy 6.3 says."""
    monkeypatch.setattr(sys.implementation, "_mpy", 774, raising=False)


def by_cable(site):
    """A device that has only what a person copied."""


def twice_updated(site):
    """A device that runs from slot b; slot a holds the version before, which has more files."""
    site.install("3.0.0", contents={**MODULES, "old/gone.mpy": b"M\x06 gone"})
    assert site.install("4.0.0") == "b"


def on_trial(site):
    """A device that has taken the update and not been started yet."""
    site.releases.publish("9.0.0", contents=NEW)
    site.look()


def take(site):
    """Take the update, start it, and keep it."""
    site.look()
    slots.choose(site.flash)
    slots.confirm(site.flash)


def give_up(site):
    """Start until the tries of the update are used up."""
    while slots.choose(site.flash)[1]:
        pass


class Images:
    """Flash images of a device in some state; made once, cut at each operation."""

    def __init__(self, world, prepare):
        site = Site(world, FlashChip())
        prepare(site)
        site.flash.files.abandon()
        self._world = world
        blocks = ((block, site.flash.chip.read(None, block, 0, 4096)) for block in range(512))
        self._blocks = [(block, data) for block, data in blocks if data.strip(b"\xff")]

    def site(self):
        """Return a device with this image, to which a newer version is offered."""
        chip = FlashChip()
        for block, data in self._blocks:
            chip.prog(None, block, 0, data)
        site = Site(self._world, chip)
        site.releases.publish("9.0.0", contents=NEW)
        return site


def operations_of(images, work):
    """Return how many flash operations the work takes."""
    site = images.site()
    before = site.flash.chip.operations
    work(site)
    return site.flash.chip.operations - before


@TORN
@pytest.mark.parametrize(
    ("prepare", "work", "old"),
    [(by_cable, take, "root"), (twice_updated, take, "4.0.0"), (on_trial, give_up, "root")],
    ids=["first update", "third update", "given up"],
)
def test_a_power_cut_at_any_flash_operation_leaves_one_version_whole(world, prepare, work, old, torn):
    images = Images(world, prepare)
    total = operations_of(images, work)
    assert total > 5
    started = set()
    for operation in range(1, total + 1):
        site = images.site()
        site.flash.chip.fail_at(operation, torn=torn)
        with pytest.raises(PowerCut):
            work(site)
        slot, _ = site.start()
        version = site.version_in(slot)
        assert version in ("9.0.0", old), f"operation {operation}: {version} in {slot}"
        started.add(version)
    assert started == {"9.0.0", old}


@TORN
def test_after_a_power_cut_at_any_flash_operation_the_update_can_be_taken_again(world, torn):
    images = Images(world, by_cable)
    total = operations_of(images, Site.look)
    for operation in range(1, total + 1, 3):
        site = images.site()
        site.flash.chip.fail_at(operation, torn=torn)
        with pytest.raises(PowerCut):
            site.look()
        slot, is_trial = site.start()
        if slot == slots.ROOT:
            assert site.look(), f"operation {operation}"
            slot, is_trial = site.start()
        assert (site.version_in(slot), is_trial) == ("9.0.0", True)


def test_an_update_that_does_not_fit_leaves_its_room_to_the_journal(world, capsys):
    site = Site(world)
    site.releases.publish(contents={f"m{number}.mpy": bytes([number]) * 30000 for number in range(8)})
    site.flash.files.write("/large", bytes(1_900_000))
    assert not site.look()
    assert "not updated: the flash fails" in capsys.readouterr().out
    site.flash.files.write("/state/journal.new", bytes(100_000))
