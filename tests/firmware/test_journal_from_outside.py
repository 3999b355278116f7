"""The journal as the firmware writes it is the one that the simulator reads from the flash."""

import random

import pytest
from journal import records
from journal.store import Journal

from terminal_sim.journal import noted_records, open_records
from terminal_sim.vm.files import Files
from terminal_sim.vm.flash import FlashChip
from tests.firmware.flash import FlashFiles

TOKENS = ("04A1B2C3D4E5F6", "04B1B2C3D4E5F6")


def on_a_chip(flash):
    files = Files(FlashChip())
    for name, content in flash.contents.items():
        files.write(f"/state/{name}", bytes(content))
    return files


def go_on(journal, dice, number):
    """Begin a record, bring some others further, and keep room for more."""
    journal.begin(journal.new_record(records.VEND, dice.choice(TOKENS), 100 + number))
    if dice.random() < 0.9:
        journal.mark(dice.choice(journal.open_records), records.APPROVED)
    if dice.random() < 0.8:
        journal.mark(dice.choice(journal.open_records), records.VENDED, dice.choice((None, "power failed")))
    while len(journal.open_records) > 8:
        journal.mark(journal.open_records[0], records.REVERSED)
    journal.mend()


def told(each):
    return each.number, each.token, each.cents, each.state, each.note


@pytest.mark.parametrize("short_limit", [0, 512])
def test_what_the_firmware_writes_is_what_is_read(world, short_limit):
    dice, flash = random.Random(1), FlashFiles()
    journal = world.call(Journal, flash, dice.randbytes, 32, 4096, short_limit)
    most_open = 0
    for number in range(80):
        world.call(go_on, journal, dice, number)
        files = on_a_chip(flash)
        assert [told(each) for each in open_records(files)] == [told(each) for each in journal.open_records]
        noted = [told(each) for each in noted_records(files)]
        assert noted[-32:] == sorted(told(each) for each in journal.remarkable)[-len(noted) :]
        files.abandon()
        most_open = max(most_open, len(journal.open_records))
    assert most_open == 8
    assert noted
