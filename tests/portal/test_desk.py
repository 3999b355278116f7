"""The desk: what is pressed is booked once and can be undone; tokens are given out, replaced, blocked."""

from __future__ import annotations

import re

import pytest

from ledger.domain.wallets.pairing import block_token
from ledger.portal.amounts import AmountUnreadable, changes_cents, typed_cents
from tests.factories.ledgers import contents, rows
from tests.factories.wallets import balance_cents, open_wallet
from tests.portal.conftest import Visitor

TOKEN = "04A2246B7E1190"
_HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')
_FORM = re.compile(r"<form\b(.*?)</form>", re.DOTALL)


@pytest.fixture
def anna(ledger):
    """Return a wallet with a token."""
    return open_wallet(ledger, TOKEN, balance_cents=500, user_name="Änne Müller")


@pytest.fixture
def desk(visitor, ada) -> Visitor:
    """Return somebody of the staff at the desk."""
    visitor.sign_in()
    return visitor


def forms(page: str, action: str) -> list[dict[str, str]]:
    """Return the hidden fields of each form on a page that goes to an address with this in it."""
    found = [each for each in _FORM.findall(page) if action in each]
    return [dict(_HIDDEN.findall(each)) for each in found]


def press(desk: Visitor, page: str, action: str, **fields: str):
    """Send the first form that goes to such an address, as it stands on the page."""
    address = re.search(rf'action="([^"]*{re.escape(action)}[^"]*)"', page).group(1)
    data = {**forms(page, action)[0], **fields}
    return desk.client.post(address, base_url="https://localhost", data=data, headers={"HX-Request": "true"})


def tap(desk: Visitor, token: str = TOKEN) -> str:
    """Hold a token to the reader; returns what the page shows."""
    return desk.get(f"/desk/token?id={token}", headers={"HX-Request": "true"}).text


def test_a_tap_shows_who_it_is_and_a_press_books_at_once(desk, ledger, anna):
    shown = tap(desk)
    assert "Änne Müller" in shown
    assert "€5.00" in shown
    booked = press(desk, shown, "/top-ups", pressed="10.00")
    assert booked.status_code == 200
    assert "€10.00 booked." in booked.text
    assert "€15.00" in booked.text
    assert balance_cents(ledger, anna) == 1500
    # Who pays with a fifty gets forty.
    assert "€40.00" in booked.text


def test_a_second_press_of_what_was_shown_books_nothing_more(desk, ledger, anna):
    shown = tap(desk)
    for _ in range(3):
        assert press(desk, shown, "/top-ups", pressed="10.00").status_code == 200
    assert balance_cents(ledger, anna) == 1500
    # The same page cannot book something else either.
    other = press(desk, shown, "/top-ups", pressed="20.00")
    assert (other.status_code, "already used" in other.text) == (422, True)
    assert balance_cents(ledger, anna) == 1500


def test_after_a_booking_the_page_has_no_key_that_could_be_pressed_by_mistake(desk, anna):
    booked = press(desk, tap(desk), "/top-ups", amount="12,50").text
    assert forms(booked, "/top-ups") == []
    assert "Another amount" in booked


def test_enter_in_the_amount_presses_no_key_of_another_amount(desk, anna):
    # A browser's Enter presses the first button of the field's form.
    with_field = [each for each in _FORM.findall(tap(desk)) if 'name="amount"' in each]
    assert len(with_field) == 1
    assert 'name="pressed"' not in with_field[0]


def test_what_was_booked_is_undone_once(desk, ledger, anna):
    booked = press(desk, tap(desk), "/top-ups", pressed="10.00").text
    undone = press(desk, booked, "/undo")
    assert undone.status_code == 200
    assert "taken back" in undone.text
    assert balance_cents(ledger, anna) == 500
    again = press(desk, booked, "/undo")
    assert again.status_code == 200
    assert balance_cents(ledger, anna) == 500
    # What is undone offers no undo; the first five euros were booked by hand too, and still do.
    assert len(forms(again.text, "/undo")) == 1


@pytest.mark.parametrize("typed", ["", "0", "-5", "1e3", "12,555", "abc", "99999999", "5 5", "٣"])
def test_what_is_no_amount_is_refused_and_nothing_is_left(desk, ledger, anna, typed):
    shown = tap(desk)
    before = contents(ledger)
    answer = press(desk, shown, "/top-ups", amount=typed)
    assert (answer.status_code, "This is no amount" in answer.text) == (422, True)
    assert contents(ledger) == before


def test_a_form_without_its_fields_is_refused_as_a_page(desk, anna):
    proof = forms(tap(desk), "/top-ups")[0]["form_proof"]
    for path in (f"/desk/wallets/{anna.code}/top-ups", "/desk/wallets", "/desk/tokens/block"):
        answer = desk.client.post(path, base_url="https://localhost", data={"form_proof": proof})
        assert (answer.status_code, answer.mimetype) == (422, "text/html"), path


def test_a_token_that_nobody_has_becomes_a_wallet(desk, ledger):
    shown = tap(desk, "04FF00AA")
    assert "nobody has" in shown
    opened = press(desk, shown, "/desk/wallets", user_name="Ben")
    assert "Ben" in opened.text
    assert "not unique" in tap(desk, "04FF00AA")
    assert rows(ledger, "SELECT user_name FROM wallets") == [("Ben",)]
    random = press(desk, tap(desk, "08FF00AA"), "/desk/wallets", user_name="Cleo")
    assert (random.status_code, "new number at every tap" in random.text) == (422, True)


def test_a_lost_token_is_replaced_and_the_old_one_tells_when_it_is_seen(desk, ledger, anna):
    press(desk, tap(desk, "04FF00AABB"), "/desk/wallets")  # refused or opened: not what is looked at here
    shown = desk.get("/desk/search?q=nne+m&for=04BBBBBBBBBBBB", headers={"HX-Request": "true"}).text
    assert "Änne Müller" in shown
    given = press(desk, shown, "/token")
    assert "04BBBBBBBBBBBB" in given.text
    assert "blocked on" in tap(desk, TOKEN)
    assert forms(tap(desk, TOKEN), "/top-ups") == []
    assert "€5.00" in tap(desk, "04BBBBBBBBBBBB")


def test_a_token_is_blocked(desk, ledger, anna):
    press(desk, tap(desk), "/desk/tokens/block")
    assert "blocked on" in tap(desk)


@pytest.mark.parametrize("text", ["müll", "1190", TOKEN.lower(), "04:a2:24"])
def test_somebody_is_found_by_a_part_of_their_name_or_token(desk, anna, text):
    assert "Änne Müller" in desk.get("/desk/search", query_string={"q": text}).text


@pytest.mark.parametrize("text", ["", "   ", "%", "_", "nobody", "\0", "x" * 5000])
def test_what_fits_nobody_finds_nobody(desk, anna, text):
    answer = desk.get("/desk/search", query_string={"q": text})
    assert answer.status_code == 200
    assert "0 wallets" in answer.text


def test_without_scripts_the_desk_is_whole_pages(desk, anna):
    page = desk.get(f"/desk/token?id={TOKEN}").text
    assert page.startswith("<!doctype html>")
    assert "Änne Müller" in page


def test_nobody_else_sees_the_desk(app, visitor, anna):
    assert visitor.get("/desk?x=1").location == "/sign-in?next=/desk?x%3D1"
    part = visitor.get("/desk/token?id=1", headers={"HX-Request": "true"})
    assert (part.status_code, part.headers["HX-Redirect"].startswith("/sign-in?next=")) == (204, True)


def test_a_blocked_token_of_another_desk_is_seen_at_this_one(desk, ledger, operator, anna):
    ledger.run(block_token, actor=operator, token_id=TOKEN)
    assert "blocked on" in tap(desk)


@pytest.mark.parametrize(("typed", "cents"), [("12", 1200), ("12,5", 1250), ("12.50", 1250), (" 0,01 ", 1)])
def test_amounts_are_read_as_people_type_them(typed, cents):
    assert typed_cents(typed) == cents


def test_an_amount_that_is_none_is_refused():
    with pytest.raises(AmountUnreadable):
        typed_cents("12,5o")


def test_change_is_told_for_what_people_hand_over():
    assert changes_cents(1250) == [(2000, 750), (5000, 3750), (10000, 8750)]
    assert changes_cents(12_300) == [(15_000, 2_700)]
