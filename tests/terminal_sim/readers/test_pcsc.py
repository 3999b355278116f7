"""Cards on PC/SC readers: the real pcscd, hot-plugged, killed and started again, with a virtual card."""

from __future__ import annotations

import time

import pytest

from terminal_sim.readers import pcsc
from terminal_sim.readers.source import CardCame, CardLeft, Notice
from tests.terminal_sim.readers.desk import FIRST_SLOT, SECOND_SLOT

ANNA, BEN, CARA = "04A1B2C3D4E5F6", "DEADBEEF", "04112233445566778899"
PCSCD_LOOKS_EVERY_S = 0.4


def says(text):
    """Return a test for a notice that contains a text."""
    return lambda event: isinstance(event, Notice) and text in event.text


@pytest.fixture
def seen(desk, watch):
    """Return a watch over all readers of the desk."""
    return watch(pcsc.PcscSource())


def test_a_card_comes_once_with_its_whole_uid_and_leaves_once(desk, seen, watch):
    only_the_second = watch(pcsc.PcscSource(which="reader 00 01"))
    card = desk.lay_down(BEN)
    seen.until(CardCame(BEN, FIRST_SLOT))
    desk.lay_down(CARA, slot=1)
    assert seen.until(CardCame(CARA, SECOND_SLOT)) == [CardCame(CARA, SECOND_SLOT)]
    seen.still(0.3)
    desk.take_away(card)
    assert seen.until(CardLeft(BEN, FIRST_SLOT)) == [CardLeft(BEN, FIRST_SLOT)]
    told = only_the_second.until(CardCame(CARA, SECOND_SLOT))
    assert told == [Notice(f"{SECOND_SLOT} is ready"), CardCame(CARA, SECOND_SLOT)]


def test_a_reader_that_is_unplugged_takes_its_card_along_and_brings_it_back(desk, seen):
    desk.lay_down(ANNA)
    seen.until(CardCame(ANNA, FIRST_SLOT))
    desk.unplug()
    told = seen.until(says("no PC/SC reader is plugged in; waiting for one"))
    assert told[:2] == [CardLeft(ANNA, FIRST_SLOT), Notice(f"{FIRST_SLOT} was unplugged")]
    seen.still(0.3)
    desk.plug_in()
    told = seen.until(CardCame(ANNA, FIRST_SLOT))
    assert told[0] == Notice(f"{FIRST_SLOT} is ready")


def test_a_service_that_dies_and_is_started_again_goes_on_where_it_was(desk, seen):
    desk.lay_down(ANNA)
    seen.until(CardCame(ANNA, FIRST_SLOT))
    desk.kill_pcscd()
    told = seen.until(says("the PC/SC service does not answer"))
    assert (told[0], len(told)) == (CardLeft(ANNA, FIRST_SLOT), 2)
    seen.still(0.6)
    desk.start_pcscd()
    seen.until(CardCame(ANNA, FIRST_SLOT))


def test_a_source_may_be_there_before_the_service(desk, watch):
    desk.tidy()
    seen = watch(pcsc.PcscSource())
    assert seen.until(says("")) == [
        Notice("the PC/SC service does not answer (Service not available); waiting for it")
    ]
    desk.start_pcscd(is_plugged=False)
    seen.until(says("no PC/SC reader is plugged in"))
    desk.plug_in()
    desk.lay_down(BEN)
    seen.until(CardCame(BEN, FIRST_SLOT))


def test_a_card_that_is_gone_in_the_middle_of_its_answer_is_read_when_it_lies_still(desk, seen):
    card = desk.lay_down(ANNA, leaves_when_read=2)
    told = seen.until(CardCame(ANNA, FIRST_SLOT))
    assert not any(isinstance(event, CardLeft) for event in told), "nothing leaves that never came"
    desk.take_away(card)
    seen.until(CardLeft(ANNA, FIRST_SLOT))


def test_a_card_without_a_uid_or_with_one_of_another_kind_is_told_and_is_no_card(desk, seen):
    card = desk.lay_down(None)
    seen.until(says("this card cannot be used: it tells no UID (status 6A81)"))
    desk.take_away(card)
    desk.lay_down("E004010022334455")
    told = seen.until(says("a UID has 4, 7 or 10 bytes, not 8"))
    assert not any(isinstance(event, CardCame) for event in told)


def test_another_card_between_two_looks_is_another_card(desk, seen):
    first = desk.lay_down(ANNA)
    seen.until(CardCame(ANNA, FIRST_SLOT))
    desk.take_away(first)
    time.sleep(1.5 * PCSCD_LOOKS_EVERY_S)
    desk.lay_down(BEN)
    time.sleep(1.5 * PCSCD_LOOKS_EVERY_S)
    assert seen.until(CardCame(BEN, FIRST_SLOT))[0] == CardLeft(ANNA, FIRST_SLOT)
