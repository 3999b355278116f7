"""The board as a person meets it: cards, buttons, coins, plugs, and displays that answer."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.terminal_sim.web.people import choose, click, machine, see, see_balance


def test_a_coffee_is_bought_with_two_clicks_and_seen_to_run(watched):
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
