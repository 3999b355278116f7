"""Pairing a new device: a code for the operator, a secret for the device, and its api_token once."""

from __future__ import annotations

import pytest
import zxingcpp
from PIL import Image

from ledger.domain.catalog.commands import pair_terminal
from ledger.domain.catalog.records import NewTerminal, Offer
from ledger.domain.devices.errors import DevicePairingUnknown
from ledger.domain.devices.pairing import claim_pairing, unpaired_device
from ledger.domain.devices.records import TerminalPermission
from ledger.domain.devices.rules import MOST_PAIRINGS_IN_A_LIFETIME
from ledger.foundation.errors import Refusal
from ledger.web.qr import qr_rows
from tests.dialects.terminal.refusals import assert_refused
from tests.factories.ledgers import contents
from tests.factories.moments import at_once
from tests.factories.terminals import install
from tests.web.applications import Caller, nothing_is_written

COFFEE = NewTerminal("Coffee", TerminalPermission.DEBIT, "EUR", (Offer("espresso", "Espresso", 25),))

# Version 2, level M, as a camera has read it.
GOLDEN = [
    "feacbf80", "826da080", "ba3dae80", "bab1ae80", "bad0ae80", "82bca080", "feaabf80", "009b0000",
    "8ba5fc80", "c11fac00", "7a560a00", "fcca2b80", "db1b1000", "ecc5dc00", "07a2fd80", "102a4e00",
    "fa5ffe80", "00cc8f00", "fed2ab00", "82048980", "bae7fc80", "ba57f980", "ba5a9100", "82363d80",
    "fe856680",
]  # fmt: skip


@pytest.fixture
def device(app) -> Caller:
    """Return somebody without a token."""
    return Caller(app, None)


@pytest.fixture
def offered(device) -> dict:
    """Return code and secret of a device that waits."""
    return offer(device)


def offer(device, install_id="a1b2c3d4") -> dict:
    answer = device.post("/pos/pairing", {"install_id": install_id})
    assert answer.status_code == 201
    return answer.json["data"]


def claim(device, offered):
    return device.post("/pos/pairing/claim", {"secret": offered["secret"]})


def confirm(ledger, operator, offered, slug="coffee", new=COFFEE):
    return ledger.run(pair_terminal, actor=operator, code=offered["code"], slug=slug, new=new).answer


def test_a_code_is_shown_confirmed_and_claimed(device, app, ledger, operator, offered):
    assert len(offered["code"]) == 8
    waiting = claim(device, offered)
    assert (waiting.status_code, waiting.json["data"]["is_confirmed"]) == (202, False)
    confirm(ledger, operator, offered)
    claimed = claim(device, offered)
    assert claimed.status_code == 200
    data = claimed.json["data"]
    assert data["terminal"] == {"id": "coffee", "friendly_name": "Coffee", "permission": "debit"}
    shown = Caller(app, data["api_token"]).get("/pos/terminal").json["data"]
    assert [product["id"] for product in shown["products"]] == ["espresso"]


def test_the_token_is_handed_out_once(device, ledger, operator, offered):
    confirm(ledger, operator, offered)
    assert claim(device, offered).status_code == 200
    with nothing_is_written(ledger):
        assert_refused(claim(device, offered), 404, "pairing_unknown")


def test_of_two_who_claim_at_one_moment_one_gets_the_token(ledger, device, operator, offered):
    confirm(ledger, operator, offered)
    asked = [lambda: ledger.run(claim_pairing, actor=unpaired_device(), secret=offered["secret"])] * 2
    outcomes = at_once(asked)
    assert [isinstance(each, Refusal) for each in outcomes].count(True) == 1
    assert isinstance(next(each for each in outcomes if isinstance(each, Refusal)), DevicePairingUnknown)


def test_a_terminal_that_exists_gets_a_new_device_and_its_old_token_dies_with_the_claim(
    app, device, ledger, operator, offered
):
    before = Caller(app, install(ledger, "kiosk").api_token)
    confirm(ledger, operator, offered, "kiosk", None)
    assert before.get("/pos/terminal").status_code == 200
    after = Caller(app, claim(device, offered).json["data"]["api_token"])
    assert after.get("/pos/terminal").json["data"]["id"] == "kiosk"
    assert before.get("/pos/terminal").status_code == 401


def test_waiting_writes_nothing_however_often_a_device_asks(device, ledger, offered):
    with nothing_is_written(ledger):
        for _ in range(3):
            assert claim(device, offered).status_code == 202


@pytest.mark.parametrize("typed", [" {} ", "{} ", "{}-", "lower"])
def test_a_code_is_read_as_people_type_it(ledger, operator, offered, typed):
    code = offered["code"]
    code = code.lower() if typed == "lower" else typed.format(code[:4] + "-" + code[4:])
    confirm(ledger, operator, {"code": code})


def test_a_code_is_good_for_ten_minutes_and_ten_more_once_it_is_confirmed(
    device, ledger, operator, clock, offered
):
    clock.advance(minutes=9)
    confirm(ledger, operator, offered)
    clock.advance(minutes=9)
    assert claim(device, offered).status_code == 200


@pytest.mark.parametrize("is_confirmed", [False, True])
def test_what_is_over_is_nobodys(device, ledger, operator, clock, offered, is_confirmed):
    if is_confirmed:
        confirm(ledger, operator, offered)
    clock.advance(minutes=10)
    with nothing_is_written(ledger):
        assert_refused(claim(device, offered), 404, "pairing_unknown")
        if not is_confirmed:
            with pytest.raises(DevicePairingUnknown):
                confirm(ledger, operator, offered)


def test_a_wrong_code_adds_no_terminal(ledger, operator):
    with nothing_is_written(ledger), pytest.raises(DevicePairingUnknown):
        confirm(ledger, operator, {"code": "ABCD2345"})


def test_a_code_is_confirmed_once(ledger, operator, offered):
    confirm(ledger, operator, offered)
    with nothing_is_written(ledger), pytest.raises(DevicePairingUnknown):
        confirm(ledger, operator, offered, "other")


def test_a_device_that_asks_again_ends_its_former_code(device, ledger, operator, offered):
    again = offer(device)
    with pytest.raises(DevicePairingUnknown):
        confirm(ledger, operator, offered)
    confirm(ledger, operator, again)
    assert_refused(claim(device, offered), 404, "pairing_unknown")
    assert claim(device, again).status_code == 200


def test_who_asks_without_end_is_refused_and_leaves_nothing(device, ledger, clock):
    for number in range(MOST_PAIRINGS_IN_A_LIFETIME):
        offer(device, f"{number:08x}")
    with nothing_is_written(ledger):
        refused = device.post("/pos/pairing", {"install_id": "a1b2c3d4"})
    assert refused.headers["Retry-After"]
    assert_refused(refused, 503, "too_many_pairings")
    clock.advance(minutes=10, seconds=1)
    offer(device)
    kept = contents(ledger)["device_pairings"]
    assert len(kept) == 1


@pytest.mark.parametrize("install_id", ["", "short", "A1B2C3D4", "a1b2c3d4 ", "f" * 33, None, 5])
def test_what_cannot_be_an_install_id_is_refused(device, ledger, install_id):
    with nothing_is_written(ledger):
        assert device.post("/pos/pairing", {"install_id": install_id}).status_code == 400


@pytest.mark.parametrize("secret", ["x" * 43, "\x00", "ü"])
def test_no_other_secret_fetches_anything(device, offered, secret):
    assert device.post("/pos/pairing/claim", {"secret": secret}).status_code in (400, 404)


def test_neither_code_nor_secret_nor_token_is_kept(device, ledger, operator, offered):
    confirm(ledger, operator, offered)
    token = claim(device, offered).json["data"]["api_token"]
    kept = repr(contents(ledger))
    assert [each for each in (offered["code"], offered["secret"], token) if each in kept] == []


@pytest.mark.parametrize(
    ("ledger_url", "address"),
    [
        ("http://127.0.0.1:8080", "HTTP://127.0.0.1:8080/PAIR/{}"),
        ("https://ledger.example/", "HTTPS://LEDGER.EXAMPLE/PAIR/{}"),
        ("https://[fe80::1]:8443", "HTTPS://[FE80::1]:8443/PAIR/{}"),
        # What stands before our path may have a case, so all of it stays as it is.
        ("https://ledger.example/Till", "https://ledger.example/Till/pair/{}"),
    ],
)
def test_a_device_that_says_how_it_reaches_the_ledger_gets_a_code_that_a_camera_reads(
    device, ledger_url, address
):
    offered = device.post("/pos/pairing", {"install_id": "a1b2c3d4", "ledger_url": ledger_url}).json["data"]
    assert set(offered) == {"code", "secret", "expires_in_s", "qr"}
    rows = [bytes.fromhex(row) for row in offered["qr"]]
    assert len(rows) <= 33
    assert {len(row) for row in rows} == {(len(rows) + 7) // 8}
    assert seen(rows) == address.format(offered["code"])


def seen(rows):
    """Return what a camera reads of squares in rows of bytes."""
    size, each = len(rows), 8
    paper = Image.new("L", (size + 8, size + 8), 255)
    for y, row in enumerate(rows):
        for x in range(size):
            if row[x // 8] >> (7 - x % 8) & 1:
                paper.putpixel((x + 4, y + 4), 0)
    return zxingcpp.read_barcodes(paper.resize((each * paper.width,) * 2, Image.Resampling.NEAREST))[0].text


@pytest.mark.parametrize(
    "ledger_url",
    ["ftp://ledger.example", "ledger.example", "https://", "https://a b", "javascript:alert(1)", "http://x/?q=1",
     "https://user:word@ledger.example", "https://" + "long." * 20 + "example"],
)  # fmt: skip
def test_an_address_that_no_code_can_carry_leaves_the_code_of_letters(device, ledger_url):
    answer = device.post("/pos/pairing", {"install_id": "a1b2c3d4", "ledger_url": ledger_url})
    assert answer.status_code == 201
    assert set(answer.json["data"]) == {"code", "secret", "expires_in_s"}


@pytest.mark.parametrize("ledger_url", [5, None, "", "h" * 1001, ["http://x"]])
def test_what_can_be_no_address_is_refused(device, ledger, ledger_url):
    with nothing_is_written(ledger):
        answer = device.post("/pos/pairing", {"install_id": "a1b2c3d4", "ledger_url": ledger_url})
    assert_refused(answer, 400, "invalid", "ledger_url")


def test_the_picture_of_a_code_is_drawn_the_same_for_ever():
    assert qr_rows("HTTPS://LEDGER.EXAMPLE/PAIR/ABCD2345") == GOLDEN
