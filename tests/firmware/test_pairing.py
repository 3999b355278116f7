"""A new device: its code on the display, its token on flash once, and no secret anywhere else."""

import json
from types import SimpleNamespace

import pytest
from devices.pairing import Pairing
from journal import token
from ledger_client.backoff import Backoff
from ledger_client.http import HttpError
from system.texts import Texts

from tests.firmware.flash import FlashFiles, PowerCut
from tests.firmware.stands import Screen, entropy
from tests.firmware.world import no_beat

LEDGER_URL = "https://ledger.example"
GONE = (404, {"message": "No device waits.", "code": "pairing_unknown", "errors": {}})


class WaitingRoom:
    """The ledger's side of pairing, as its README says: one token for each code, handed out once."""

    def __init__(self, world):
        self._world = world
        self.is_away = False
        self.offers = []
        self.confirmed = set()
        self.claimed = set()
        self.over = set()
        self.loses_the_next_token = False
        self.picture = None
        self.addresses = []

    async def request(self, method, path, body):
        """Answer one request as (status, body bytes)."""
        assert method == "POST"
        if self.is_away:
            raise HttpError("refused", False)
        status, answer = getattr(self, "_" + path.rpartition("/")[2])(json.loads(body))
        if self.loses_the_next_token and "api_token" in answer.get("data", {}):
            self.loses_the_next_token = False
            raise HttpError("no answer", True)
        return status, json.dumps(answer).encode()

    def _pairing(self, body):
        self.offers.append(body["install_id"])
        self.addresses.append(body["ledger_url"])
        number = len(self.offers)
        data = {"code": f"CODE{number:04}", "secret": f"secret-{number}", "expires_in_s": 600}
        return 201, {"data": data if self.picture is None else {**data, "qr": self.picture}}

    def _claim(self, body):
        number = int(body["secret"].partition("-")[2])
        if number in self.claimed | self.over or number != len(self.offers):
            return GONE
        if number not in self.confirmed:
            return 202, {"data": {"is_confirmed": False, "expires_in_s": 600}}
        self.claimed.add(number)
        return 200, {"data": {"is_confirmed": True, "expires_in_s": 600, "api_token": f"token-{number}"}}


class Panel(Screen):
    """A display with dots: what it shows beside which picture."""

    columns, rows, picture_columns = 16, 8, 8

    def __init__(self):
        super().__init__()
        self.picture = None

    async def show_picture(self, rows, lines):
        """Show a picture, and lines that have to fit beside it."""
        assert all(len(line) <= self.picture_columns for line in lines), lines
        await self.show(lines)
        self.picture = rows


class NewDevice:
    """A device without a token."""

    def __init__(self, world, flash=None, screen=None, language="en"):
        self.world = world
        self.room = WaitingRoom(world)
        self.flash = flash or FlashFiles()
        self.screen = screen or Screen()
        self.texts = Texts(language, self.screen.columns)
        self.restarts = 0

    def power_on(self):
        """Start it."""
        parts = SimpleNamespace(display=self.screen, entropy=entropy, backoff=lambda: Backoff(entropy))
        around = (parts, self.texts, self.room, self.flash, LEDGER_URL, self._restart)
        device = self.world.call(Pairing, *around)
        self.world.start(device.run(no_beat))
        return self

    def wait_for(self, text, at_most_ms=60000):
        """Let time pass until the display shows a text."""
        self.world.pass_until(lambda: text in self.screen, at_most_ms)

    def _restart(self):
        self.restarts += 1


@pytest.fixture
def device(world):
    return NewDevice(world).power_on()


def test_a_new_device_shows_its_code_and_whom_to_ask(device):
    device.wait_for("New device. Code CODE-0001 Please ask the staff")
    device.world.pass_ms(60000)
    assert "Code CODE-0001" in device.screen
    assert len(device.room.offers) == 1
    assert device.restarts == 0


def test_once_confirmed_its_token_lies_on_flash_and_it_starts_again(device):
    device.wait_for("Code")
    device.room.confirmed.add(1)
    device.wait_for("Paired.")
    device.world.pass_ms(5000)
    assert token.kept_token(device.flash) == "token-1"
    assert device.restarts == 1


def test_a_code_that_is_over_is_followed_by_another_one(device):
    device.wait_for("CODE-0001")
    device.room.over.add(1)
    device.wait_for("CODE-0002")
    device.room.confirmed.add(2)
    device.wait_for("Paired.")
    assert token.kept_token(device.flash) == "token-2"


def test_an_answer_that_was_lost_with_the_token_in_it_leads_to_a_new_code(device):
    device.wait_for("CODE-0001")
    device.room.loses_the_next_token = True
    device.room.confirmed.add(1)
    device.wait_for("CODE-0002")
    assert token.kept_token(device.flash) is None


def test_without_a_connection_it_says_so_and_goes_on_asking(world):
    device = NewDevice(world)
    device.room.is_away = True
    device.power_on()
    device.wait_for("No connection.")
    device.room.is_away = False
    device.wait_for("CODE-0001")


def test_a_connection_that_is_lost_meanwhile_keeps_the_code(device):
    device.wait_for("CODE-0001")
    device.room.is_away = True
    device.world.pass_ms(20000)
    assert "CODE-0001" in device.screen
    device.room.is_away = False
    device.room.confirmed.add(1)
    device.wait_for("Paired.")


def test_a_connection_that_stays_away_is_said_and_the_code_comes_back_with_it(device):
    device.wait_for("CODE-0001")
    device.room.is_away = True
    device.wait_for("No connection.", 120000)
    device.room.is_away = False
    device.wait_for("CODE-0001")
    assert len(device.room.offers) == 1


def test_a_display_that_was_pulled_out_shows_the_code_again_within_two_minutes(device):
    device.wait_for("CODE-0001")
    device.screen.lines = []
    device.wait_for("CODE-0001", 120000)


def test_a_flash_that_takes_nothing_keeps_the_token_until_it_does(device):
    device.wait_for("Code")
    device.flash.is_full = True
    device.room.confirmed.add(1)
    device.wait_for("Please call staff")
    assert device.restarts == 0
    device.flash.is_full = False
    device.wait_for("Paired.")
    assert token.kept_token(device.flash) == "token-1"


def test_a_power_cut_at_each_byte_of_keeping_the_token_leaves_the_token_or_none(world):
    units = 0
    kept = []
    while True:
        flash = FlashFiles()
        flash.units_left = units
        try:
            token.keep_token(flash, "a-token")
            was_cut = False
        except PowerCut:
            was_cut = True
        flash.power_returns()
        kept.append(token.kept_token(flash))
        if not was_cut:
            break
        units += 1
    assert set(kept) == {None, "a-token"}
    assert kept[-1] == "a-token"


@pytest.mark.parametrize("content", [b"", b"token", b"token 12345678\n", b"\xff\xfe", b"a b c\n"])
def test_a_damaged_token_is_none(content):
    assert token.kept_token(FlashFiles({"token": content})) is None


def test_neither_code_nor_secret_nor_token_is_told_to_the_console(device, capsys):
    device.wait_for("Code")
    device.room.confirmed.add(1)
    device.wait_for("Paired.")
    said = capsys.readouterr().out
    assert "paired" in said
    assert not [each for each in ("CODE0001", "CODE-0001", "secret-1", "token-1") if each in said]


def test_a_device_keeps_what_it_calls_itself(world, device):
    device.wait_for("Code")
    again = NewDevice(world, device.flash)
    again.power_on()
    again.wait_for("Code")
    assert again.room.offers == device.room.offers


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        ("en", ["New", "device.", "Code", "CODE-", "0001", "Please", "ask the", "staff."]),
        ("de", ["Neues", "Gerät.", "Code", "CODE-", "0001", "Bitte", "Personal", "fragen."]),
    ],
)
def test_where_a_display_has_dots_the_code_stands_beside_its_picture(world, language, lines):
    device = NewDevice(world, screen=Panel(), language=language)
    device.room.picture = ["fe50", "8270"]
    device.power_on()
    device.wait_for("0001")
    assert device.screen.lines == lines
    assert device.screen.picture == [b"\xfe\x50", b"\x82\x70"]
    assert device.room.addresses == [LEDGER_URL]
    device.room.confirmed.add(1)
    device.world.pass_ms(10000)
    assert device.restarts == 1


def test_a_character_display_goes_on_without_the_picture(world):
    device = NewDevice(world)
    device.room.picture = ["fe50", "8270"]
    device.power_on()
    device.wait_for("New device. Code CODE-0001 Please ask the staff.")


NO_PICTURES = [None, [], "fe", ["xy"], ["f"], [5], ["é"], ["fe"] * 9, ["fe" * 8] * 63, {"0": "fe"}]


@pytest.mark.parametrize("picture", NO_PICTURES, ids=repr)
def test_what_is_no_picture_is_none_and_the_code_is_shown_all_the_same(world, picture):
    device = NewDevice(world, screen=Panel())
    device.room.picture = picture
    device.power_on()
    device.wait_for("New device. Code CODE-0001 Please ask the staff.")
    assert device.screen.picture is None
