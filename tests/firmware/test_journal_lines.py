"""The journal in a short file before the long one: nothing is lost or doubled wherever the power fails."""

import pytest
from journal import records
from journal.store import Journal

from tests.firmware.flash import FlashFiles, PowerCut
from tests.firmware.littleflash import LittleFlash
from tests.firmware.stands import entropy

TOKEN = "04A1B2C3D4E5F6"
SHORT = 384
MOST_PROGRAMS = 5
EMPTY = ([], [], 0, None, "")


@pytest.fixture(autouse=True)
def clock(world):
    """The journal logs with the loop's clock; without a loop there is none."""
    return world


@pytest.fixture
def boot(world):
    return lambda flash, limit=SHORT: world.call(lambda: Journal(flash, entropy, 32, 2000, limit))


@pytest.fixture
def do(world):
    return world.call


def begin(journal, text="Espresso"):
    record = journal.new_record(records.VEND, TOKEN, 25)
    record.item, record.text = "espresso", text
    assert journal.begin(record)
    return record


def vend(journal, note=None):
    record = begin(journal)
    assert journal.mark(record, records.APPROVED)
    assert journal.mark(record, records.VENDED, note)


def state(journal):
    """Return what a journal holds, for comparisons."""
    opened = [(record.number, record.state, record.text) for record in journal.open_records]
    noted = [(record.number, record.note) for record in journal.remarkable]
    return opened, noted, journal.dropped, journal.coin_mark, journal.coin_token


def test_the_latest_lines_stand_in_the_short_file_and_all_of_them_are_read(boot, do):
    flash = FlashFiles()
    journal = boot(flash)
    for _ in range(20):
        do(vend, journal)
    waiting = do(begin, journal)
    assert waiting.key.encode() not in flash.contents["journal"]
    assert max(len(flash.contents[name]) for name in ("journal.0", "journal.1")) <= SHORT
    assert [record.key for record in boot(flash).open_records] == [waiting.key]


class UnreadableFlash(FlashFiles):
    """Flash whose short files cannot be read for a while."""

    is_unreadable = False

    def read_small(self, name, limit):
        """Return the first bytes, or nothing where they cannot be read."""
        return b"" if self.is_unreadable else super().read_small(name, limit)


def test_a_short_file_that_cannot_be_read_is_not_left_behind_with_what_it_holds(boot, do):
    flash = UnreadableFlash()
    journal = boot(flash)
    waiting = do(begin, journal)
    flash.is_unreadable = True
    for _ in range(10):
        do(vend, journal)
    flash.is_unreadable = False
    assert [record.key for record in boot(flash).open_records] == [waiting.key]


def test_what_people_wait_for_is_not_poured(boot, do):
    flash = FlashFiles()
    journal = boot(flash)
    for _ in range(20):
        do(journal.mend)
        before = flash.contents.get("journal", b"")
        do(vend, journal)
        assert flash.contents.get("journal", b"") == before


def test_the_first_line_of_a_coin_pours_nothing_however_full_the_short_file_is(boot, do):
    flash = FlashFiles()
    journal = boot(flash)
    for _ in range(2):
        do(vend, journal)
    before = flash.contents.get("journal", b"")
    for _ in range(4):
        do(journal.begin, journal.new_record(records.COUNTING, TOKEN, None))
    assert flash.contents.get("journal", b"") == before
    assert len(boot(flash).open_records) == 4


def test_a_power_cut_at_bytes_all_over_a_day_leaves_the_state_before_or_after(boot, do):
    def day(journal, seen):
        # Some purchases and notes, with a mark, so that it is poured and written anew in between.
        for number in range(9):
            vend(journal, "note" if number % 4 == 0 else None)
            seen.append(state(journal))
            journal.mend()
            journal.keep_coin_mark(f"m{number}", TOKEN)
            seen.append(state(journal))
            record = begin(journal, "n" * 64)
            seen.append(state(journal))
            journal.mark(record, records.REFUSED)
            seen.append(state(journal))

    flash, seen = FlashFiles(), []
    journal = boot(flash)
    start, used = dict(flash.contents), flash.units_used
    do(day, journal, seen)
    assert state(boot(flash)) == seen[-1]
    spent = flash.units_used - used
    for units in range(0, spent - 100, 67):
        torn, reached = FlashFiles(start), []
        journal = boot(torn)
        torn.units_left = units
        with pytest.raises(PowerCut):
            do(day, journal, reached)
        torn.power_returns()
        found = state(boot(torn))
        assert found == state(boot(torn))
        steps = [EMPTY, *seen][len(reached) : len(reached) + 2]
        # Within a vend there are states that nobody has noted here: its intent, and its approval.
        under_way = [record for record in found[0] if record[1] in (records.INTENT, records.APPROVED)]
        assert len(under_way) <= 1
        assert found[1:] in [each[1:] for each in steps], (units, found, steps)


def test_a_pouring_that_was_cut_off_doubles_no_remarkable_record(boot, do):
    flash = FlashFiles()
    journal = boot(flash)
    for _ in range(2):
        do(vend, journal, "note")
    start, used = dict(flash.contents), flash.units_used
    do(journal.mend)
    assert flash.units_used > used, "it was poured"
    for units in range(flash.units_used - used):
        torn = FlashFiles(start)
        journal = boot(torn)
        torn.units_left = units
        with pytest.raises(PowerCut):
            do(journal.mend)
        torn.power_returns()
        journal = boot(torn)
        assert [(record.number, record.note) for record in journal.remarkable] == [(1, "note"), (2, "note")]
        assert (journal.open_records, journal.dropped) == ([], 0)


@pytest.mark.parametrize(("before", "after"), [(0, SHORT), (SHORT, 0)])
def test_a_version_with_or_without_the_short_file_takes_over_what_the_other_has_left(boot, do, before, after):
    flash = FlashFiles()
    journal = boot(flash, before)
    for _ in range(3):
        do(vend, journal, "note")
    waiting = do(begin, journal)
    left = state(journal)
    journal = boot(flash, after)
    assert state(journal) == left
    (found,) = journal.open_records
    assert found.key == waiting.key
    do(journal.mark, found, records.REFUSED)
    do(vend, journal, "after")
    assert len(boot(flash, after).remarkable) == 4
    assert state(boot(flash, before)) == state(boot(flash, after))


def test_without_the_short_file_all_lines_stand_where_an_older_version_looks(boot, do):
    flash = FlashFiles()
    do(vend, boot(flash), "note")
    journal = boot(flash, 0)
    waiting = do(begin, journal)
    assert waiting.key.encode() in flash.contents["journal"]
    assert b'"note"' in flash.contents["journal"]


class LittleFiles:
    """Stands where system.files.Files does, on the device's real littlefs."""

    def __init__(self, flash):
        self._flash = flash

    def open(self, name, mode):
        return self._flash.open("/" + name, mode)

    def replace(self, source, target):
        self._flash.rename("/" + source, "/" + target)

    def read_small(self, name, limit):
        return (self._flash.read("/" + name) or b"")[:limit]

    def write_whole(self, name, data):
        with self.open(name + ".new", "wb") as file:
            file.write(data)
        self.replace(name + ".new", name)


def test_a_line_costs_fewer_than_five_programs_of_the_flash_however_long_the_journal_is(boot, do):
    flash = LittleFlash()
    costs = {}
    for limit in (SHORT, 0):
        journal = do(Journal, LittleFiles(flash), entropy, 32, 16384, limit)
        costs[limit] = []
        for _ in range(40):
            do(journal.mend)
            before = flash.chip.programs
            record = do(begin, journal)
            costs[limit].append(flash.chip.programs - before)
            do(journal.mark, record, records.REFUSED)
    assert sorted(costs[SHORT])[len(costs[SHORT]) // 2] < MOST_PROGRAMS
    assert sorted(costs[0])[len(costs[0]) // 2] > 2 * MOST_PROGRAMS


def tell_coins(journal, count):
    for number in range(count):
        coin = journal.new_record(records.COIN, TOKEN, 50)
        coin.item = f"m{number}"
        assert journal.begin(coin)
        journal.mark(coin, records.CREDITED)


def damage_the_last_line(flash):
    data = flash.contents["journal"]
    flash.contents["journal"] = data[:-3] + b"!" + data[-2:]


def lose_the_long_file(flash):
    del flash.contents["journal"]


@pytest.mark.parametrize("harm", [damage_the_last_line, lose_the_long_file])
@pytest.mark.parametrize("count", [4, 8, 12, 16])
@pytest.mark.parametrize("limit", [0, SHORT])
def test_without_the_line_that_says_which_short_file_counts_no_older_mark_is_believed(
    boot, do, harm, count, limit
):
    flash = FlashFiles()
    journal = boot(flash)
    do(tell_coins, journal, count)
    harm(flash)
    assert [boot(flash, limit).coin_mark for _ in range(2)] == [None, None]


def test_what_was_shown_before_it_began_is_open_after_a_restart_whatever_was_settled_meanwhile(boot, do):
    flash = FlashFiles()
    journal = boot(flash)
    earlier = do(begin, journal)
    shown = journal.new_record(records.VEND, TOKEN, 25)
    key = shown.key
    do(journal.mark, earlier, records.REVERSED)
    assert do(journal.begin, shown)
    newer = do(begin, journal)
    assert [record.key for record in boot(flash).open_records] == [key, newer.key]
    assert len({earlier.key, key, newer.key}) == 3
