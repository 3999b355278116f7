"""The desk in a real browser, as somebody with a reader that types and a queue in front of them works."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from ledger.domain.access.commands import add_operator
from ledger.domain.access.records import Role
from ledger.domain.access.signing_in import set_password
from ledger.foundation.actor import operator_on_this_machine
from ledger.service import Ledger
from tests.factories.ledgers import broken_proofs, fresh_ledger
from tests.factories.wallets import balance_cents, open_wallet
from tests.portal.conftest import PASSWORD
from tests.web.browsers import Watched, browser, watched_page
from tests.web.servers import served

TOKEN = "04A2246B7E1190"
PERSON_MS = 90
# The keys of a reader follow each other at once: a browser that is told of each may be too slow for that.
TYPES = """keys => [...keys, "Enter"].forEach(key => document.activeElement.dispatchEvent(
    new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true})))"""
LOOKS = {"light-de-wide": ("light", "de-DE", 1280), "dark-en-narrow": ("dark", "en-US", 320)}


@pytest.fixture(scope="module")
def house(migrated_template, tmp_path_factory, password_hash) -> Iterator[tuple[Ledger, str]]:
    """Serve a ledger with somebody at its desk; the books are whole at the end."""
    with fresh_ledger(migrated_template, tmp_path_factory.mktemp("desk") / "books.db") as ledger:
        me = operator_on_this_machine()
        ledger.run(add_operator, actor=me, username="ada", role=Role.STAFF)
        ledger.run(set_password, actor=me, username="ada", password_hash=password_hash)
        with served(ledger, workers=1) as server:
            yield ledger, server.url
        assert broken_proofs(ledger) == []


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Start one browser for all of them."""
    with browser() as started:
        yield started


@pytest.fixture(
    params=[("light", "de-DE", 1280), ("dark", "en-US", 320)], ids=["light-de-wide", "dark-en-narrow"]
)
def desk(request, chromium, house) -> Iterator[Watched]:
    """Sign in at the desk; what goes wrong on its pages fails the test."""
    scheme, locale, width = request.param
    looks = {"color_scheme": scheme, "locale": locale, "viewport": {"width": width, "height": 800}}
    with watched_page(chromium, **looks) as watched:
        page = watched.page
        page.goto(f"{house[1]}/desk")
        page.locator("#username").fill("ada")
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.locator("#panel h1")).to_be_visible()
        yield watched
        assert watched.complaints == []


def read_token(page: Page, token: str) -> None:
    """Let the reader type a token."""
    page.evaluate(TYPES, token)


def accessible(page: Page) -> list[str]:
    """Return what keeps people out of the page."""
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html']}" for each in found]


def test_two_gestures_top_a_wallet_up_and_one_takes_it_back(desk, house):
    ledger, _ = house
    page, token = desk.page, f"04{page_number(desk):012X}"
    wallet = open_wallet(ledger, token, balance_cents=500, user_name="Änne")
    assert accessible(page) == []
    read_token(page, token)
    expect(page.locator("#balance")).to_contain_text("5")
    page.keyboard.press("F4")
    expect(page.locator(".alert-success")).to_be_visible()
    assert balance_cents(ledger, wallet) == 1500
    assert accessible(page) == []
    page.locator("#latest button").first.click()
    expect(page.locator(".alert-info")).to_be_visible()
    assert balance_cents(ledger, wallet) == 500
    assert accessible(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_what_the_reader_types_never_lands_in_an_amount_and_what_a_person_types_does(desk, house):
    ledger, _ = house
    page, token = desk.page, f"04{page_number(desk) + 100:012X}"
    wallet = open_wallet(ledger, token, balance_cents=100)
    read_token(page, token)
    amount = page.locator("#amount")
    expect(amount).to_be_focused()
    page.keyboard.type("7", delay=PERSON_MS)
    # In the middle of typing the next person holds their token to the reader.
    read_token(page, token)
    expect(page.locator("#amount")).to_have_value("")
    page.keyboard.type("12,50", delay=PERSON_MS)
    expect(page.locator("#amount")).to_have_value("12,50")
    page.keyboard.press("Enter")
    expect(page.locator(".alert-success")).to_be_visible()
    assert balance_cents(ledger, wallet) == 1350


def page_number(desk: Watched) -> int:
    """Return a number for this look of the page: each has people of its own."""
    return desk.page.viewport_size["width"]
