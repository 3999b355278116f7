"""What people do on the page, and how they see what came of it."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect


def machine(page: Page, name: str) -> Locator:
    """Return a machine by the name that stands above it."""
    return page.get_by_role("article", name=name)


def see(terminal: Locator, text: str) -> None:
    """Wait until a terminal's display shows a text, on one line or broken over several."""
    expect(terminal.get_by_role("status", name="Display")).to_contain_text(text)


def choose(page: Page, name: str) -> None:
    """Take a card from the table."""
    page.get_by_role("radio", name=re.compile(f"^{name} ")).check()


def see_balance(page: Page, name: str, text: str) -> None:
    """Wait until a card on the table shows a balance."""
    expect(page.get_by_role("radio", name=re.compile(f"^{name} .*{text}"))).to_be_visible()


def click(terminal: Locator, name: str) -> None:
    """Press a button of a terminal, or of the world around it."""
    terminal.get_by_role("button", name=name, exact=True).click()
