"""Power cuts of devices on a street: they are fair, and the harness sees when they are not."""

from __future__ import annotations

import pytest

from benchmarks.power_cuts import walk as walks
from benchmarks.power_cuts.journals import read_journal
from benchmarks.power_cuts.sales import cut_a_purchase
from benchmarks.power_cuts.walk import walk
from tests.terminal_sim.chips.microcontroller import make_firmware_importable

make_firmware_importable()

from journal import records  # noqa: E402
from journal.store import Journal  # noqa: E402

from tests.firmware.flash import FlashFiles  # noqa: E402
from tests.firmware.stands import entropy  # noqa: E402
from tests.firmware.world import World  # noqa: E402

# What no other test cuts against a real ledger.
SOME_SCENES = ("vend", "counted_coin", "offline")
ANNA, BEN = "04A1B2C3D4E5F6", "04B1B2C3D4E5F6"


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch):
    # A walk says to its server which books are served.
    monkeypatch.setenv("TAPLEDGER_DATABASE_URL", "")
    monkeypatch.setenv("TAPLEDGER_SECRET_KEY", "")


def test_a_few_cuts_are_fair():
    heard = []
    came = walk(3, 4, SOME_SCENES, heard.append)
    assert came.unfair == ""
    assert heard[-1] == came.cuts.total() >= 4
    assert {name for name, _ in came.outcomes} == set(SOME_SCENES)


def test_money_that_moves_after_everybody_has_gone_is_seen(monkeypatch):
    def cut_and_take_more(street, machine):
        code, token = street.person()
        came_to = cut_a_purchase(street, machine)
        street.moved_cents(code)
        # A device that came to its senses late.
        machine.press("espresso")
        machine.tap(token)
        return came_to

    monkeypatch.setitem(walks.SCENES, "purchase", (cut_and_take_more, "coffee_machine"))
    assert "[] on " in walk(1, 1, ("purchase",), lambda _count: None).unfair


@pytest.mark.parametrize("is_torn", [False, True])
def test_the_journal_on_flash_says_who_waits_and_what_is_noted(is_torn):
    lines = []
    for number, (token, states) in enumerate(
        (
            (ANNA, [(records.APPROVED, None), (records.VENDED, "power failed")]),
            (ANNA, [(records.VENDED, None)]),
            (BEN, [(records.APPROVED, None)]),
            (BEN, []),
        ),
        start=1,
    ):
        record = records.Record(number, f"k{number}", records.VEND, token, 120)
        lines.append(record.intent_line())
        for record.state, record.note in states:
            lines.append(record.state_line())
    lines.append(records.line([records.COIN_MARK, "0" * 22, ANNA]))
    lines.append(records.line([records.VENDED, 3, None]))
    if is_torn:
        lines[-1] = lines[-1][:-4]
    read = read_journal(b"".join(lines), b"")
    assert read.open == ([BEN, BEN] if is_torn else [BEN])
    assert read.notes == {ANNA: ["vended: power failed"]}
    assert read_journal(b"".join(lines), b"4 00000000\n").open == []


def test_what_a_device_has_in_its_short_file_is_read_as_well():
    def sell(journal):
        for number in range(9):
            record = journal.new_record(records.VEND, ANNA, 120)
            journal.begin(record)
            journal.mark(record, records.VENDED, f"note {number}")
            assert read(flash).notes[ANNA][-1] == f"vended: note {number}"
            journal.begin(journal.new_record(records.VEND, BEN, 120))
            assert read(flash).open == [BEN] * (number + 1)

    def read(flash):
        long, settled, *short = (flash.read_small(name, 20000) for name in names)
        return read_journal(long, settled, tuple(short))

    names, flash = ("journal", "settled", "journal.0", "journal.1"), FlashFiles()
    with World() as world:
        world.call(lambda: sell(Journal(flash, entropy, short_limit=384)))
