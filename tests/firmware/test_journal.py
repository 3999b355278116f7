"""The journal: what is on flash after each write, each torn write and each lack of room."""

import pytest
from journal import records
from journal.store import Journal

from tests.firmware.flash import FlashFiles, PowerCut
from tests.firmware.stands import entropy

TOKEN = "04A1B2C3D4E5F6"


@pytest.fixture
def flash():
    return FlashFiles()


@pytest.fixture(autouse=True)
def clock(world):
    """The journal logs with the loop's clock; without a loop there is none."""
    return world


@pytest.fixture
def boot(world, flash):
    return lambda **limits: world.call(lambda: Journal(flash, entropy, **limits))


@pytest.fixture
def do(world):
    return world.call


def vend(journal, cents=25):
    record = journal.new_record(records.VEND, TOKEN, cents)
    record.item, record.text = "espresso", "Espresso"
    assert journal.begin(record)
    return record


def test_an_intent_survives_a_restart_with_all_that_its_repetition_needs(boot, do):
    record = do(vend, boot())
    (found,) = boot().open_records
    assert vars(found) == vars(record)


def test_a_settled_record_is_not_open_after_a_restart(boot, do):
    journal = boot()
    record = do(vend, journal)
    do(journal.mark, record, records.APPROVED)
    do(journal.mark, record, records.VENDED)
    assert boot().open_records == []


def test_an_approved_record_is_still_open_and_known_as_approved(boot, do):
    journal = boot()
    do(journal.mark, do(vend, journal), records.APPROVED)
    (found,) = boot().open_records
    assert found.state == records.APPROVED


def test_lines_read_as_crc_and_json(flash, boot, do):
    journal = boot()
    do(vend, journal)
    crc, body = flash.contents["journal"].split(b" ", 1)
    assert len(crc) == 8
    key = journal.open_records[0].key
    assert body.decode() == f'["intent",1,"{key}","vend","{TOKEN}",25,"espresso","Espresso"]\n'


def test_each_key_names_install_start_and_number(boot, do):
    first = do(vend, boot()).key.split("-")
    second = do(vend, boot()).key.split("-")
    assert len(first[0]) == 8
    assert first[0] == second[0]
    assert (int(first[1]), int(first[2])) == (1, 1)
    assert (int(second[1]), int(second[2])) == (2, 2)


@pytest.mark.parametrize(
    "content", [b"", b"garbage", b"a1b2c3d4 7 00000000\n", b"a1b2c3d4 x 1\n", b"\xff\xfe"]
)
def test_a_damaged_identity_gets_a_new_install_id(flash, boot, content):
    before = boot().prefix
    flash.contents["identity"] = content
    after = boot().prefix
    assert after.split("-")[0] != before.split("-")[0]


def test_reading_stops_at_the_first_bad_line_and_the_rest_is_written_anew(flash, boot, do):
    journal = boot()
    do(vend, journal)
    good = flash.contents["journal"]
    do(vend, journal)
    flash.contents["journal"] = good + b"x" + flash.contents["journal"][len(good) + 1 :]
    journal = boot()
    assert [record.number for record in journal.open_records] == [1]
    assert flash.contents["journal"] == good
    do(vend, journal)
    assert len(boot().open_records) == 2


def test_a_bad_line_in_the_middle_does_not_reopen_what_was_settled(flash, boot, do):
    journal = boot()
    record = do(vend, journal)
    intent = flash.contents["journal"]
    do(journal.mark, record, records.APPROVED)
    do(journal.mark, record, records.VENDED)
    flash.contents["journal"] = intent + b"bad\n"
    assert boot().open_records == []


def test_numbers_go_on_after_the_journal_is_lost(flash, boot, do):
    journal = boot()
    do(journal.mark, do(vend, journal), records.REFUSED)
    del flash.contents["journal"]
    assert boot().new_record(records.VEND, TOKEN, 25).number == 2


def test_a_torn_write_at_any_byte_leaves_the_state_before_or_after(world, do):
    flash = FlashFiles()
    journal = do(Journal, flash, entropy)
    before = dict(flash.contents)
    used = flash.units_used
    do(vend, journal)
    for units in range(flash.units_used - used):
        torn = FlashFiles(before)
        journal = do(Journal, torn, entropy)
        torn.units_left = units
        with pytest.raises(PowerCut):
            do(vend, journal)
        torn.power_returns()
        journal = do(Journal, torn, entropy)
        assert journal.open_records == []
        do(vend, journal)
        assert len(do(Journal, torn, entropy).open_records) == 1


def test_a_power_cut_at_any_byte_of_a_start_or_a_rotation_loses_no_open_record(world, do):
    flash = FlashFiles()
    journal = do(Journal, flash, entropy)
    keys = [do(vend, journal).key for _ in range(3)]
    # A torn tail makes the next start write the file anew.
    flash.contents["journal"] += b"torn"
    kept = dict(flash.contents)
    used = flash.units_used
    do(Journal, flash, entropy)
    for units in range(flash.units_used - used):
        torn = FlashFiles(kept)
        torn.units_left = units
        with pytest.raises(PowerCut):
            do(Journal, torn, entropy)
        torn.power_returns()
        assert [record.key for record in do(Journal, torn, entropy).open_records] == keys


def test_the_file_stays_bounded_and_keeps_what_is_open(flash, boot, do):
    journal = boot(file_limit=2000)
    waiting = do(vend, journal)
    for _ in range(100):
        record = do(vend, journal)
        do(journal.mark, record, records.APPROVED)
        do(journal.mark, record, records.VENDED)
        assert len(flash.contents["journal"]) <= 2000 + 200
    assert [record.key for record in boot().open_records] == [waiting.key]


def test_the_first_line_of_a_coin_never_waits_until_the_file_is_written_anew(flash, boot, do):
    journal = boot()
    do(journal.mark, do(vend, journal), records.REFUSED)
    before = flash.contents["journal"]
    journal = boot(file_limit=len(before) + 10)
    coin = journal.new_record(records.COUNTING, TOKEN, None)
    assert do(journal.begin, coin)
    assert flash.contents["journal"].startswith(before)
    assert len(flash.contents["journal"]) > len(before) + 10
    coin.kind, coin.cents = records.COIN, 50
    assert do(journal.begin, coin)
    assert flash.contents["journal"].count(b"\n") == 1
    (found,) = boot().open_records
    assert (found.key, found.kind, found.cents) == (coin.key, records.COIN, 50)


def test_remarkable_records_are_kept_through_rotation_but_not_without_end(flash, boot, do):
    journal = boot(file_limit=2000)
    for number in range(80):
        do(journal.mark, do(vend, journal), records.VENDED, f"note {number}")
    notes = [record.note for record in journal.remarkable]
    assert notes == [f"note {number}" for number in range(48, 80)]
    assert [record.note for record in boot().remarkable] == notes
    for _ in range(60):
        do(journal.mark, do(vend, journal), records.REFUSED)
    assert [record.note for record in boot().remarkable] == notes


def test_what_is_remarkable_while_the_flash_refuses_reaches_it_later_and_stands_there_once(flash, boot, do):
    journal = boot()
    do(journal.mark, do(vend, journal), records.VENDED, "before")
    record = do(vend, journal)
    flash.is_full = True
    do(journal.mark, record, records.VENDED, "while")
    assert [kept.note for kept in journal.remarkable] == ["before", "while"]
    flash.is_full = False
    do(journal.mend)
    do(journal.mark, do(vend, journal), records.VENDED, "after")
    for kept in (journal, boot(), boot(file_limit=100)):
        assert [each.note for each in kept.remarkable] == ["before", "while", "after"]


def test_a_remarkable_record_is_handed_out_as_it_was(boot, do):
    journal = boot()
    record = do(vend, journal)
    do(journal.mark, record, records.APPROVED)
    do(journal.mark, record, records.VENDED, "power failed during delivery")
    for kept in (*journal.remarkable, *boot().remarkable):
        assert vars(kept) == vars(record)


def test_remarkable_records_that_are_not_kept_are_counted_through_restarts_and_rotations(flash, boot, do):
    journal = boot(file_limit=2000)
    for number in range(100):
        do(journal.mark, do(vend, journal), records.VENDED, "note")
        if number % 7 == 0:
            journal = boot(file_limit=2000)
        assert len(journal.remarkable) + journal.dropped == number + 1
    assert (len(journal.remarkable), journal.dropped) == (32, 68)
    flash.contents["journal"] += b"torn"
    assert [boot().dropped for _ in range(2)] == [68, 68]


def test_the_start_tells_how_much_is_remarkable_and_how_much_of_it_is_gone(boot, do, capsys):
    journal = boot()
    for _ in range(33):
        do(journal.mark, do(vend, journal), records.VENDED, "note")
    capsys.readouterr()
    boot()
    assert "journal: 32 remarkable records, 1 older ones dropped" in capsys.readouterr().out


def test_a_journal_full_of_remarkable_and_open_records_is_bounded_and_not_written_anew_each_time(
    flash, boot, do
):
    journal = boot()
    longest = "x" * 64
    for number in range(32 + 36):
        record = journal.new_record(records.VEND, TOKEN, 1000000)
        record.item = record.text = longest
        do(journal.begin, record)
        do(journal.mark, record, records.APPROVED)
        if number < 32:
            do(journal.mark, record, records.VENDED, "power failed during delivery")
    before = flash.units_used
    for _ in range(40):
        do(journal.mark, do(vend, journal), records.REFUSED)
        assert 16 * 1024 < len(flash.contents["journal"]) < 28 * 1024
    assert flash.units_used - before < 64 * 1024
    assert len(boot().open_records) == 36


def test_a_full_journal_refuses_coins_before_it_refuses_anything_else(boot, do):
    journal = boot(capacity=6)
    seen = []
    for _ in range(6):
        seen.append((journal.has_room_for_coins, journal.has_room))
        do(vend, journal)
    assert seen == [(True, True)] * 2 + [(False, True)] * 4
    assert not journal.has_room
    do(journal.mark, journal.open_records[0], records.REVERSED)
    assert journal.has_room


def test_a_full_flash_is_told_and_mends_itself(flash, boot, do):
    journal = boot()
    flash.is_full = True
    record = journal.new_record(records.COIN, TOKEN, 50)
    assert not do(journal.begin, record)
    assert not journal.has_room
    assert not journal.has_room_for_coins
    assert not record.is_durable
    flash.is_full = False
    do(vend, journal)
    assert record.is_durable
    assert [found.cents for found in boot().open_records] == [50, 25]


def test_an_approval_that_is_not_on_flash_is_no_approval(flash, boot, do):
    journal = boot()
    record = do(vend, journal)
    flash.is_full = True
    assert not do(journal.mark, record, records.APPROVED)
    assert record.state == records.INTENT
