"""The self-test: of each part it says what it is, or where to look; and nothing is switched or booked."""

import re
from types import SimpleNamespace

import pytest
from system.selftest import SelfTest

from tests.firmware.flash import FlashFiles
from tests.firmware.world import World, no_beat


class Display:
    """A display that answers or does not."""

    def __init__(self, answers=True):
        self.answers = answers

    async def show(self, _lines):
        """Show nothing."""
        return self.answers


class Rtc:
    """A clock that stands still."""

    def __init__(self, year):
        self.year = year

    def datetime(self):
        """Return its moment."""
        return (self.year, 1, 1, 0, 0, 0, 0, 0)


def parts(**differing):
    """Return parts that all work, but for those that are given."""
    working = {
        "display": Display(),
        "presence": SimpleNamespace(is_working=True, reader_version="PN532 1.6"),
        "buttons": SimpleNamespace(count=4, held=list),
        "coins": SimpleNamespace(quiet_ms=lambda: 500),
        "rtc": Rtc(2033),
    }
    return SimpleNamespace(**(working | differing))


def linked(link):
    """Return the ledger as the device has met it."""
    return SimpleNamespace(link=link, LINK_UP="up", LINK_DOWN="down", LINK_UNAUTHORISED="unauthorised")


def told(capsys, made, link="up", flash=None):
    """Run the self-test and return what it says of each part."""
    with World() as world:
        world.start(SelfTest(made, linked(link), flash or FlashFiles()).run(no_beat))
        world.pass_ms(120_000)
    lines = re.findall(r"selftest: (\w+) +(ok|FAIL) +(.*)", capsys.readouterr().out)
    return {name: (verdict, said) for name, verdict, said in lines}


def test_of_a_board_that_works_each_part_is_named(capsys):
    said = told(capsys, parts())
    assert {verdict for verdict, _ in said.values()} == {"ok"}
    assert list(said) == ["memory", "flash", "display", "reader", "buttons", "coins", "ledger", "clock"]
    assert said["reader"] == ("ok", "PN532 1.6")
    assert said["buttons"] == ("ok", "4 are at rest")


@pytest.mark.parametrize(
    ("name", "broken", "advice"),
    [
        ("display", {"display": Display(answers=False)}, "its address"),
        ("reader", {"presence": SimpleNamespace(is_working=False, reader_version=None)}, "its switches"),
        ("reader", {"presence": SimpleNamespace(is_working=True, reader_version=None)}, "its switches"),
        ("buttons", {"buttons": SimpleNamespace(count=4, held=lambda: [2])}, "number 3 is pressed"),
        ("coins", {"coins": SimpleNamespace(quiet_ms=lambda: 0)}, "never rests"),
        ("clock", {"rtc": Rtc(2000)}, "2000"),
    ],
)
def test_a_part_that_fails_is_told_with_where_to_look_and_the_others_are_looked_at(
    capsys, name, broken, advice
):
    said = told(capsys, parts(**broken))
    assert said[name][0] == "FAIL"
    assert advice in said[name][1]
    assert [verdict for verdict, _ in said.values()].count("ok") == 7


@pytest.mark.parametrize(
    ("link", "advice"), [("unauthorised", "api_token"), ("down", "out of reach"), (None, "out of reach")]
)
def test_a_ledger_that_cannot_be_used_is_told(capsys, link, advice):
    verdict, said = told(capsys, parts(), link)["ledger"]
    assert (verdict, advice in said) == ("FAIL", True)


def test_a_flash_that_refuses_is_told(capsys):
    class Full(FlashFiles):
        def write_whole(self, *_anything):
            raise OSError(28)

    assert told(capsys, parts(), flash=Full())["flash"][0] == "FAIL"


def test_what_is_not_there_is_no_failure(capsys):
    said = told(capsys, parts(buttons=None, coins=None, rtc=None))
    assert {verdict for verdict, _ in said.values()} == {"ok"}
