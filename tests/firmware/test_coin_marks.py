"""The mark of a coin acceptor in the journal: up to where it has counted, or that nobody knows."""

from journal import records
from journal.store import Journal

from tests.firmware.flash import FlashFiles
from tests.firmware.stands import entropy

TOKEN = "04A1B2C3D4E5F6"


def boot(world, flash):
    return world.call(lambda: Journal(flash, entropy))


def test_a_damaged_journal_knows_no_mark_of_its_acceptor_however_often_it_starts(world):
    flash = FlashFiles()
    journal = boot(world, flash)
    for mark in ("01", "02"):
        coin = journal.new_record(records.UNKNOWN_COIN, TOKEN, None)
        coin.item = mark
        assert world.call(journal.begin, coin)
        world.call(journal.mark, coin, records.NOTED, "coin")
    vend = journal.new_record(records.VEND, TOKEN, 25)
    assert world.call(journal.begin, vend)
    world.call(journal.mark, vend, records.REFUSED)
    data = flash.contents["journal"]
    at = data.index(b'["refused"')
    flash.contents["journal"] = data[:at] + b"!" + data[at:] + data[:20]
    assert [boot(world, flash).coin_mark for _ in range(2)] == [None, None]
