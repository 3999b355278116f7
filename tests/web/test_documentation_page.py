"""The pages in a real browser: complete, quiet, reachable by keyboard, readable by everybody."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from ledger.demo_data import load
from tests.factories.ledgers import fresh_ledger
from tests.web.browsers import Watched, browser, watched_page
from tests.web.servers import served

CONTRAST = (Path(__file__).parent / "contrast.js").read_text()
OPERATIONS = [
    "GET /pos/terminal",
    "GET /pos/wallets/token/{token_id}",
    "POST /pos/wallets/token/{token_id}/transactions",
    "PUT /pos/wallets/token/{token_id}",
    "GET /pos/wallets/{wallet_id}",
    "POST /pos/transactions/{idempotency_key}/reverse",
    "POST /pos/batches",
    "POST /pos/wallets/token/{token_id}/holds",
    "POST /pos/holds/{hold_id}/capture",
    "POST /pos/holds/{hold_id}/release",
    "POST /pos/pairing",
    "POST /pos/pairing/claim",
    "GET /pos/firmware",
    "GET /pos/firmware/files/{sha256}",
    "POST /pos/terminals",
    "POST /pos/terminals/{terminal_id}/roll-token",
]
WIDE, NARROW = {"width": 1200, "height": 1000}, {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def shop(migrated_template, tmp_path_factory) -> Iterator[dict[str, str]]:
    """Serve the demo data; returns the server's address beside what the demo data hands out."""
    path = tmp_path_factory.mktemp("page") / "books.db"
    with fresh_ledger(migrated_template, path) as ledger:
        handed_out = load(ledger.database, ledger.settings)
        with served(ledger, workers=1) as server:
            yield {**handed_out, "url": server.url}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Start one browser for all tests of the page."""
    with browser() as started:
        yield started


@pytest.fixture(params=["light", "dark"])
def watched(request, chromium, shop) -> Iterator[Watched]:
    """Open the page as a reader who prefers light or dark; what went wrong on it fails the test."""
    with watched_page(chromium, color_scheme=request.param, viewport=WIDE) as watched:
        watched.page.goto(f"{shop['url']}/pos/docs")
        expect(watched.page.locator(".opblock")).to_have_count(len(OPERATIONS))
        yield watched
        assert watched.complaints == []
        assert watched.hosts <= {urlsplit(shop["url"]).netloc, ""}


def open_everything(page: Page) -> None:
    """Open every operation and the list of schemas."""
    for index in range(len(OPERATIONS)):
        page.locator(".opblock-summary-control").nth(index).click()
    page.locator(".models button, .json-schema-2020-12__title").first.click()
    expect(page.locator(".opblock-body")).to_have_count(len(OPERATIONS))
    expect(page.locator(".responses-table").last).to_be_visible()


def test_the_page_lists_every_operation_with_its_path(watched):
    shown = watched.page.locator(".opblock-summary").evaluate_all(
        "found => found.map(one => one.querySelector('.opblock-summary-method').textContent + ' '"
        " + one.querySelector('.opblock-summary-path').dataset.path)"
    )
    assert shown == OPERATIONS


def test_the_page_wears_the_readers_colours(watched):
    background = watched.page.evaluate("getComputedStyle(document.body).backgroundColor")
    is_dark = watched.page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    assert (background == "rgb(28, 32, 34)") == is_dark


def test_everything_on_the_page_can_be_read_and_on_a_narrow_screen_nothing_is_cut_off(watched):
    open_everything(watched.page)
    assert watched.page.evaluate(CONTRAST) == []
    watched.page.set_viewport_size(NARROW)
    expect(watched.page.locator(".responses-table").last).to_be_visible()
    assert watched.page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]


def test_an_operation_is_opened_and_closed_by_keyboard_alone(watched):
    page = watched.page
    focused = "document.activeElement.className + ' ' + document.activeElement.textContent"
    for _ in range(40):
        page.keyboard.press("Tab")
        said = page.evaluate(focused)
        if "opblock-summary-control" in said and "/pos/terminal" in said:
            break
    assert "/pos/terminal" in said
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"
    page.keyboard.press("Enter")
    expect(page.locator(".opblock-body")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator(".opblock-body")).to_have_count(0)


def test_a_reader_tries_a_call_with_their_own_token(watched, shop):
    page = watched.page
    page.get_by_role("button", name="Authorize").first.click()
    page.get_by_role("textbox").first.fill(shop["coffee_machine_api_token"])
    page.get_by_role("button", name="Apply credentials").first.click()
    page.get_by_role("button", name="Close", exact=True).last.click()
    page.locator(".opblock-summary-control").first.click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute", exact=True).click()
    answer = page.locator(".live-responses-table .highlight-code").first
    expect(answer).to_contain_text('"friendly_name": "Kaffeemaschine"')


def test_without_its_assets_the_page_says_what_to_do(chromium, shop):
    with watched_page(chromium) as watched:
        watched.page.route("**/swagger-ui-bundle.js", lambda route: route.abort())
        watched.page.goto(f"{shop['url']}/pos/docs")
        expect(watched.page.locator("main")).to_contain_text("run.py setup")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_of_a_new_device_can_be_read_on_a_telephone(chromium, shop, theme):
    narrow = {"width": 320, "height": 640}
    with watched_page(chromium, color_scheme=theme, viewport=narrow, locale="de-DE") as watched:
        page = watched.page
        page.goto(f"{shop['url']}/PAIR/ABCD2345")
        expect(page.get_by_role("heading", level=1)).to_have_text("Ein neues Gerät")
        expect(page.locator(".code")).to_have_text("ABCD-2345")
        assert page.evaluate(CONTRAST) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= narrow["width"]
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (background == "rgb(28, 32, 34)") == (theme == "dark")
        assert watched.complaints == []
