"""The board as a person meets it: cards, buttons, coins, plugs, and displays that answer."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from terminal_sim.scenarios.runner import play
from terminal_sim.scenarios.story import read_story
from tests.terminal_sim.web.people import choose, click, machine, see, see_balance
from tests.web.browsers import watched_page

NARROW = {"width": 320, "height": 640}
# Tab leads to everything; a page with so many stops would be no help to anybody.
MOST_STOPS = 80


def test_a_coffee_is_bought_seen_to_run_and_heard(watched):
    coffee = machine(watched.page, "Coffee machine")
    see(coffee, "Choose a drink")
    choose(watched.page, "Anna")
    click(coffee, "Espresso")
    see(coffee, "Hold your token")
    click(coffee, "Tap")
    expect(coffee.get_by_role("group", name="Reader")).to_contain_text("Lies on it: Anna")
    see(coffee, "Enjoy your Espresso!")
    expect(coffee).to_contain_text("Coffee is running. Cups so far: 1.")
    see_balance(watched.page, "Anna", "3.80")
    coffee.get_by_text("Requests").click()
    expect(coffee.get_by_role("row").filter(has_text="POST")).to_contain_text(re.compile(r"201\s*5 ms"))
    watched.page.wait_for_function("window.heardHertz.length > 0")


def test_coins_go_onto_the_card_that_lies_there_and_otherwise_fall_through(watched):
    station = machine(watched.page, "Coin station")
    click(station, "Insert 50 ct")
    expect(station).to_contain_text("It fell through, into the return tray.")
    watched.page.get_by_text("DEADBEEF").drag_to(station.get_by_role("heading"))
    expect(station).to_contain_text("Lies on it: Ben")
    expect(station).to_contain_text("Coin slot takes coins")
    click(station, "Insert 50 ct")
    see_balance(watched.page, "Ben", "0.80")
    click(station, "Take away")
    expect(station).to_contain_text("Nothing lies on it.")


def test_money_is_topped_up_by_keyboard_alone(watched):
    page = watched.page
    desk = machine(page, "Top-up terminal")
    see(desk, "Amount and # to top up")
    walk_to(page, "Anna 04A2246B7E1190 UID of 7 bytes")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name=re.compile("^Cleo"))).to_be_checked()
    walk_to(page, "1", within="Top-up terminal")
    page.keyboard.type("200")
    page.keyboard.press("#")
    see(desk, "Top up 2.00 EUR")
    walk_to(page, "Tap", within="Top-up terminal")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"
    page.keyboard.press("Enter")
    see(desk, "2.00 EUR booked")
    see_balance(page, "Cleo", "10.00")


def walk_to(page: Page, name: str, within: str = "") -> None:
    """Press Tab until something of that name has the focus."""
    told = (
        "(() => { const it = document.activeElement; const of = it.closest('article, body');"
        " return [it.labels?.[0]?.innerText ?? it.innerText, of.querySelector('h2')?.innerText] })()"
    )
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        said, where = page.evaluate(told)
        if " ".join((said or "").split()).startswith(name) and within in (where, ""):
            return
    raise AssertionError(f"Tab does not lead to {name!r}")


def test_the_vending_machine_puts_into_the_tray_what_was_chosen(watched):
    vending = machine(watched.page, "Vending machine")
    see(vending, "Hold your token, then choose")
    choose(watched.page, "Cleo")
    click(vending, "Lay down")
    expect(vending).to_contain_text(re.compile(r"session, credit\s+€\d+\.\d\d"))
    click(vending, "12 Cola 1.80")
    expect(vending).to_contain_text("In the tray: Cola")
    click(vending, "Take away")


def test_who_pulls_the_plug_sees_it_dark_and_is_told_why_nothing_happens(watched):
    coffee = machine(watched.page, "Coffee machine")
    see(coffee, "Choose a drink")
    coffee.get_by_text("The world around it").click()
    trouble = coffee.get_by_role("listitem").filter(has_text="Reader: nothing on its bus answers")
    click(coffee, "Let it happen")
    expect(trouble).to_be_visible()
    click(coffee, "All well again")
    expect(coffee).to_contain_text("Done.")
    expect(trouble).to_have_count(0)
    click(coffee, "Let it happen")
    expect(trouble).to_be_visible()
    coffee.get_by_role("group", name="Power").get_by_role("button", name="Pull the plug").click()
    expect(coffee).to_contain_text("Power off")
    expect(trouble).to_have_count(0)
    expect(coffee.get_by_role("status", name="Display")).to_have_text(re.compile(r"^\s*$"))
    click(coffee, "Espresso")
    expect(coffee).to_contain_text("It has no power. Plug it in first.")
    coffee.get_by_role("group", name="Power").get_by_role("button", name="Plug in").click()
    see(coffee, "Choose a drink")


def test_a_power_cut_in_a_purchase_is_seen_in_the_journal_and_the_money_comes_back(watched):
    page = watched.page
    coffee = machine(page, "Coffee machine")
    see(coffee, "Choose a drink")
    coffee.get_by_text("The world around it").click()
    coffee.get_by_label("Power fails when").select_option("the ledger has booked")
    click(coffee, "Arm")
    expect(coffee).to_contain_text("Done.")
    choose(page, "Dan")
    click(coffee, "Espresso")
    see(coffee, "Hold your token")
    click(coffee, "Tap")
    expect(coffee).to_contain_text("Power off")
    expect(coffee).to_contain_text("Journal 1 open")
    see_balance(page, "Dan", "0.80")
    coffee.get_by_role("group", name="Power").get_by_role("button", name="Plug in").click()
    see_balance(page, "Dan", "2.00")
    expect(coffee).to_contain_text("Journal 0 open")


def test_a_slow_line_is_measured_and_a_lost_one_is_seen_on_the_page_and_on_the_display(watched):
    coffee = machine(watched.page, "Coffee machine")
    see(coffee, "Choose a drink")
    coffee.get_by_text("The world around it").click()
    coffee.get_by_text("Requests").click()
    network = coffee.get_by_role("group", name="Network")
    set_latency_ms(network, 700)
    choose(watched.page, "Stranger")
    click(coffee, "Tap")
    expect(coffee.get_by_role("row").filter(has_text="700 ms").first).to_contain_text("404")
    set_latency_ms(network, 5)
    click(coffee, "+ 1 minute")
    expect(coffee).to_contain_text("Nothing lies on it.")
    see(coffee, "Choose a drink")
    network.get_by_role("button", name="Unplug").click()
    expect(coffee).to_contain_text("Network unplugged")
    click(coffee, "Cappuccino")
    click(coffee, "Tap")
    see(coffee, "No connection")
    network.get_by_role("button", name="Plug in").click()
    expect(coffee).to_contain_text("Network connected")
    click(coffee, "+ 1 minute")
    see(coffee, "Choose a drink")


def set_latency_ms(network: Locator, milliseconds: int) -> None:
    """Type a latency, and leave the field."""
    network.get_by_label("Latency").fill(str(milliseconds))
    network.get_by_label("Latency").blur()


def test_what_is_recorded_saved_and_replayed_does_the_same_here_and_elsewhere(watched, served, tmp_path):
    page = watched.page
    coffee = machine(page, "Coffee machine")
    see(coffee, "Choose a drink")
    page.get_by_role("button", name="Record", exact=True).click()
    choose(page, "Dan")
    click(coffee, "Espresso")
    see(coffee, "Hold your token")
    click(coffee, "Tap")
    see(coffee, "Enjoy your Espresso!")
    coffee.get_by_text("The world around it").click()
    click(coffee, "Expect this display")
    expect(coffee).to_contain_text("The recording now expects this display here.")
    page.get_by_role("button", name="Stop").click()
    see_balance(page, "Dan", "0.80")
    with page.expect_download() as saved:
        page.get_by_role("link", name="Save").click()
    path = tmp_path / "recording.toml"
    saved.value.save_as(path)
    steps = [(step.action, step.value) for step in read_story(path).steps if step.action != "run_for"]
    assert steps[:2] == [("press", "espresso"), ("tap", {"token": "dan", "hold_s": 2})]
    assert steps[2][0] == "expect_display"
    assert "Enjoy your Espresso!" in steps[2][1]
    top_up(page, served, "Dan")
    see(coffee, "Choose a drink")
    page.get_by_label("Replay a file").set_input_files(path)
    expect(page.get_by_role("region", name="Recording")).to_contain_text("Replayed: all went as it was told.")
    see_balance(page, "Dan", "0.80")
    top_up(page, served, "Dan")
    outcome = play(path, served.surroundings.url, served.surroundings.api_tokens, say=lambda _line: None)
    assert outcome.failure is None
    see_balance(page, "Dan", "0.80")


def top_up(page: Page, served, name: str) -> None:
    """Put 1.20 on a card that has 0.80, as its owner does at the desk."""
    card = next(card for card in served.board.cards if card.name == name)
    served.board.do("nfc_terminal", "keys", "120#")
    served.board.do("nfc_terminal", "tap", {**card.value, "hold_s": 2})
    see_balance(page, name, "2.00")


def test_a_story_for_another_bench_is_refused_in_one_line(watched, tmp_path):
    path = tmp_path / "kitchen.toml"
    device = '[terminals.kitchen]\ndevice = "coffee_machine"\n'
    path.write_text(f'{device}[[steps]]\nterminal = "kitchen"\nboot = 1\n')
    watched.page.get_by_label("Replay a file").set_input_files(path)
    recording = watched.page.get_by_role("region", name="Recording")
    expect(recording).to_contain_text("kitchen.toml:5: step 1: boot takes true")
    path.write_text(path.read_text().replace("= 1", "= true"))
    watched.page.get_by_label("Replay a file").set_input_files(path)
    expect(recording).to_contain_text("kitchen, a coffee_machine, is not on this board")


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_nothing_on_the_page_keeps_anybody_out(chromium, served, colours):
    with watched_page(chromium, color_scheme=colours, viewport=NARROW) as watched:
        page = watched.page
        page.goto(served.url)
        see(machine(page, "Coffee machine"), "Choose a drink")
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        # What is not a matter of colours is the same by night.
        rules = {"runOnly": ["color-contrast"]} if colours == "dark" else None
        found = Axe().run(page, options=rules)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
        assert watched.complaints == []


def test_the_page_speaks_german_and_remembers_silence(chromium, served):
    with watched_page(chromium, locale="de-DE") as watched:
        page = watched.page
        page.goto(served.url)
        expect(machine(page, "Kaffeemaschine")).to_contain_text("Strom an")
        page.get_by_role("button", name="Ton: an").click()
        page.reload()
        expect(page.get_by_role("button", name="Ton: aus")).to_be_visible()
        page.get_by_role("link", name="English").click()
        expect(machine(page, "Coffee machine")).to_contain_text("Power on")
