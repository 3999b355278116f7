"""Cards on readers that nfcpy drives: its own driver and protocol code, with a tag that speaks UDP."""

from __future__ import annotations

import subprocess
import sys

import pytest

from terminal_sim.chips.cards import PlainCard, RandomUidCard
from terminal_sim.readers import nfc
from terminal_sim.readers.source import CardCame, CardLeft, Notice
from tests.terminal_sim.readers.tag_on_udp import TagOnUdp

ANNA, BEN, CARA = "04A1B2C3D4E5F6", "DEADBEEF", "04112233445566778899"
ATS_OF_A_DESFIRE, SHORTEST_ATS = bytes.fromhex("067577810280"), b"\x01"


@pytest.fixture
def tag():
    """Return a tag that is not in the field yet."""
    made = TagOnUdp()
    yield made
    made.close()


@pytest.fixture
def seen(tag, watch):
    """Return a watch over the reader in front of the tag."""
    return watch(nfc.NfcSource(tag.path))


def card(uid, ats=b""):
    """Return a card with this UID."""
    return PlainCard(bytes.fromhex(uid), ats=ats)


def test_a_card_comes_once_with_its_whole_uid_and_leaves_when_it_was_missed_twice(tag, seen):
    tag.place(card(ANNA))
    assert isinstance(seen.until(CardCame(ANNA, tag.path))[0], Notice), "the reader is named first"
    tag.breakdowns = 1
    seen.still(0.4)
    assert tag.breakdowns == 0
    tag.remove()
    assert seen.until(CardLeft(ANNA, tag.path)) == [CardLeft(ANNA, tag.path)]


@pytest.mark.parametrize("ats", [b"", ATS_OF_A_DESFIRE, SHORTEST_ATS])
def test_cards_of_each_length_are_told_whole_and_one_by_one(tag, seen, ats):
    tag.place(card(BEN, ats))
    seen.until(CardCame(BEN, tag.path))
    tag.place(card(CARA, ats))
    assert seen.until(CardCame(CARA, tag.path)) == [CardLeft(BEN, tag.path), CardCame(CARA, tag.path)]
    seen.still(0.3)


def test_a_phone_with_a_random_uid_is_one_card_for_as_long_as_it_lies_there(tag, seen):
    invented = iter(range(1, 100))
    tag.place(RandomUidCard(lambda count: next(invented).to_bytes(count, "big")))
    came = seen.until(lambda event: isinstance(event, CardCame))[-1]
    assert came.uid.startswith("08")
    seen.still(0.5)


def test_a_reader_that_is_not_there_is_waited_for_and_told_once(watch):
    seen = watch(nfc.NfcSource("usb:dead:beef"))
    missing = Notice("no NFC reader at usb:dead:beef: none is plugged in; waiting for it")
    assert seen.until(missing) == [missing]
    seen.still(0.3)


def test_a_reader_that_is_lost_takes_its_card_along_and_is_opened_again(whole_desk):
    teller = whole_desk.inside(
        sys.executable, "-m", "tests.terminal_sim.readers.tell_taps", ANNA, stdout=subprocess.PIPE, text=True
    )
    try:
        heard = iter(teller.stdout.readline, "")
        assert [next(heard).split()[0] for _ in range(2)] == ["Notice", "CardCame"]
        assert whole_desk.inside("ip", "address", "delete", "127.0.0.1/8", "dev", "lo").wait() == 0
        assert next(heard).startswith(f"CardLeft {ANNA}")
        assert "Network is unreachable; waiting for it" in next(heard)
        assert whole_desk.inside("ip", "address", "add", "127.0.0.1/8", "dev", "lo").wait() == 0
        assert [next(heard).split()[0] for _ in range(2)] == ["Notice", "CardCame"]
    finally:
        teller.kill()
        teller.communicate()


@pytest.mark.parametrize("path", ["", "pcsc", "usb:wxyz", "udp:127.0.0.1:port"])
def test_what_is_no_path_of_nfcpy_is_refused(path):
    with pytest.raises(ValueError, match="names no NFC reader"):
        nfc.NfcSource(path)


def test_what_is_on_usb_is_named_by_the_path_to_type_and_what_may_not_be_opened_is_said(tmp_path):
    (tmp_path / "001").mkdir()
    (tmp_path / "001" / "004").touch()
    found = nfc.describe([(1, 4, "acr122"), (3, 12, "pn533")], dev=str(tmp_path))
    assert found.readers == [("usb:001:004", "driver acr122"), ("usb:003:012", "driver pn533")]
    assert [missing.what for missing in found.missing] == ["this user may not open usb:003:012"]
    assert found.missing[0].to_type == f"sudo chmod o+rw {tmp_path}/003/012"
