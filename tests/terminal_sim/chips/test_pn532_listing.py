"""What InListPassiveTarget finds (UM0701-02, 7.3.5): which cards, in which order, after what time."""

import random

import pytest

from terminal_sim.chips.cards import Clone, PlainCard, RandomUidCard
from tests.terminal_sim.chips.bench import LIST_ONE, LIST_TWO, SAM_NORMAL

SINGLE = bytes.fromhex("DEADBEEF")
DOUBLE = bytes.fromhex("04A1B2C3D4E5F6")
TRIPLE = bytes.fromhex("04112233445566778899")


@pytest.mark.parametrize(
    ("uid", "answer"),
    [
        pytest.param(SINGLE, "4B 01 01 0004 08 04 DEADBEEF", id="4 bytes"),
        pytest.param(DOUBLE, "4B 01 01 0044 00 07 04A1B2C3D4E5F6", id="7 bytes"),
        pytest.param(TRIPLE, "4B 01 01 0084 00 0A 04112233445566778899", id="10 bytes"),
    ],
)
def test_a_card_is_listed_with_its_whole_uid(reader, uid, answer):
    reader.chip.place(uid)
    assert reader.ask(LIST_ONE) == answer.replace(" ", "")


def test_a_card_of_part_4_sends_its_ats(reader):
    reader.chip.place(PlainCard(DOUBLE, ats=bytes.fromhex("067577810280")))
    assert reader.ask(LIST_ONE) == "4B0101004420" + "0704A1B2C3D4E5F6" + "067577810280"


def test_no_card_is_an_answer_with_zero_targets(reader):
    assert reader.ask(LIST_ONE) == "4B00"


def test_bounded_retries_end_the_search_in_time(reader):
    reader.send(LIST_ONE)
    begun_us = reader.timeline.now_us()
    reader.take()
    assert reader.take() == "0000FF03FDD54B00E000"
    assert 10_000 < reader.timeline.now_us() - begun_us < 40_000


def test_more_retries_take_longer(reader):
    assert reader.ask("3205FF0120") == "33"
    begun_us = reader.timeline.now_us()
    assert reader.ask(LIST_ONE) == "4B00"
    assert reader.timeline.now_us() - begun_us > 100_000


def test_a_card_needs_its_time_in_a_field_that_was_off(reader):
    reader.chip.place(SINGLE)
    durations_us = []
    for _ in range(2):
        begun_us = reader.timeline.now_us()
        assert reader.ask(LIST_ONE).startswith("4B01")
        durations_us.append(reader.timeline.now_us() - begun_us)
    assert durations_us[0] - durations_us[1] == 5_000


def test_a_card_that_comes_during_the_retries_is_found(reader):
    assert reader.ask("3205FF0120") == "33"
    reader.timeline.at(reader.timeline.now_us() + 60_000, lambda: reader.chip.place(SINGLE))
    assert reader.ask(LIST_ONE) == "4B0101000408" + "04DEADBEEF"


def test_endless_retries_wait_for_a_card(host):
    assert host.ask(SAM_NORMAL) == "15"
    host.send(LIST_ONE)
    host.take()
    assert not host.wait_ready(at_most_us=10_000_000)
    host.chip.place(SINGLE)
    assert host.take()[12:-4] == "4B0101000408" + "04DEADBEEF"


def test_a_card_gone_before_it_was_selected_leaves_the_search_open(host):
    assert host.ask(SAM_NORMAL) == "15"
    host.send(LIST_ONE)
    host.take()
    host.chip.place(SINGLE)
    host.timeline.advance(1_000)
    host.chip.remove()
    assert not host.wait_ready()
    host.chip.place(DOUBLE)
    assert host.take().endswith(DOUBLE.hex().upper() + "CA00")


def test_a_card_gone_in_mid_command_is_zero_targets_when_retries_are_bounded(reader):
    reader.chip.place(SINGLE)
    reader.chip.faults.tag_leaves(after_us=2_000)
    assert reader.ask(LIST_ONE) == "4B00"


def test_before_sam_configuration_nothing_is_found(host):
    assert host.ask("3205FF0102") == "33"
    host.chip.place(SINGLE)
    assert host.ask(LIST_ONE) == "4B00"


@pytest.mark.parametrize("mode", ["02", "03", "04"])
def test_outside_of_the_normal_mode_nothing_is_found(reader, mode):
    assert reader.ask("14" + mode + "1401") == "15"
    reader.chip.place(SINGLE)
    assert reader.ask(LIST_ONE) == "4B00"


def test_two_cards_are_both_listed_when_two_are_allowed(reader):
    reader.chip.place(bytes.fromhex("00000001"))
    reader.chip.place(bytes.fromhex("00000000"))
    assert reader.ask(LIST_TWO) == "4B02" + "01000408" + "0400000001" + "02000408" + "0400000000"


@pytest.mark.parametrize("first", [True, False])
def test_of_two_cards_one_is_listed_and_always_the_same(reader, first):
    # The UIDs collide in the very first bit on the air, the lowest of the first byte: 1 goes on.
    uids = [bytes.fromhex("01000000"), bytes.fromhex("FEFFFFFF")]
    for uid in uids if first else reversed(uids):
        reader.chip.place(uid)
    assert reader.ask(LIST_ONE) == "4B0101000408" + "0401000000"


def test_three_cards_are_two_targets_at_most(reader):
    for uid in (SINGLE, DOUBLE, TRIPLE):
        reader.chip.place(uid)
    assert reader.ask(LIST_TWO).startswith("4B02")


def test_equal_uids_do_not_collide_and_are_one_target(reader):
    original = reader.chip.place(DOUBLE)
    reader.chip.place(Clone(original))
    assert reader.ask(LIST_TWO) == "4B0101004400" + "0704A1B2C3D4E5F6"


def test_only_the_wanted_uid_answers(reader):
    reader.chip.place(SINGLE)
    reader.chip.place(DOUBLE)
    # The initiator data is the UID as it goes level by level, with its cascade tag.
    assert reader.ask(LIST_TWO + "88" + DOUBLE.hex()) == "4B0101004400" + "0704A1B2C3D4E5F6"
    assert reader.ask(LIST_TWO + "01020304") == "4B00"


@pytest.mark.parametrize("kind", ["010000FFFF0000", "020000FFFF0000", "0300", "04"])
def test_a_search_for_other_kinds_finds_no_card_of_type_a(reader, kind):
    reader.chip.place(SINGLE)
    assert reader.ask("4A01" + kind) == "4B00"


def test_a_random_uid_is_new_at_every_placing_and_marked(reader):
    card = RandomUidCard(random.Random(7).randbytes)
    answers = []
    for _ in range(3):
        reader.chip.place(card)
        answers.append(reader.ask(LIST_ONE))
        reader.chip.remove(card)
    assert all(answer.startswith("4B0101000420" + "0408") for answer in answers)
    assert len(set(answers)) == 3


def test_a_clone_answers_as_its_original(reader):
    original = PlainCard(DOUBLE, ats=bytes.fromhex("067577810280"))
    reader.chip.place(original)
    answer = reader.ask(LIST_ONE)
    reader.chip.remove(original)
    clone = Clone(original)
    clone.enter_field()
    reader.chip.place(clone)
    assert reader.ask(LIST_ONE) == answer


def test_one_of_two_cards_can_be_taken_away(reader):
    reader.chip.place(SINGLE)
    reader.chip.place(DOUBLE)
    reader.chip.remove(SINGLE)
    assert reader.ask(LIST_TWO).startswith("4B0101004400")
    reader.chip.remove()
    assert reader.chip.cards == ()
    assert reader.ask(LIST_TWO) == "4B00"


@pytest.mark.parametrize("length", [0, 3, 5, 8, 11])
def test_a_uid_of_another_length_is_no_card(length):
    with pytest.raises(ValueError, match="4, 7 or 10 bytes"):
        PlainCard(bytes(length))


def test_a_short_uid_cannot_begin_with_the_cascade_tag():
    with pytest.raises(ValueError, match="cascade tag"):
        PlainCard(bytes.fromhex("88010203"))


def test_listed_targets_show_in_the_general_status_until_they_are_released(reader):
    reader.chip.place(SINGLE)
    reader.chip.place(DOUBLE)
    assert reader.ask("04") == "0500000000"
    reader.ask(LIST_TWO)
    assert reader.ask("04") == "05000002" + "01000000" + "02000000" + "00"
    assert reader.ask("5201") == "5300"
    assert reader.ask("04") == "05000001" + "01000000" + "00"
    assert reader.ask("5200") == "5300"
    assert reader.ask("04") == "0500000000"


def test_a_deselected_target_is_still_known_by_its_number(reader):
    reader.chip.place(SINGLE)
    reader.ask(LIST_ONE)
    assert reader.ask("4401") == "4500"
    assert reader.ask("04") == "05000001" + "01000000" + "00"


@pytest.mark.parametrize(("command", "answer"), [("5201", "5327"), ("4402", "4527")])
def test_a_target_that_was_never_listed_cannot_be_released(reader, command, answer):
    assert reader.ask(command) == answer


def test_switching_the_field_off_loses_the_targets(reader):
    reader.chip.place(SINGLE)
    reader.ask(LIST_ONE)
    assert reader.chip.field_on
    assert reader.ask("320100") == "33"
    assert not reader.chip.field_on
    assert reader.ask("04") == "0500000000"
    assert reader.ask(LIST_ONE).startswith("4B01")
