"""A board with its own ledger, served, and a real browser before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser

from terminal_sim.web.board import Board, Plan
from terminal_sim.web.listener import listen
from terminal_sim.web.sandbox import Sandbox, Surroundings
from terminal_sim.web.server import BoardServer
from tests.web.browsers import Watched, browser, watched_page

WIDE = {"width": 1280, "height": 1000}
# What would be heard, because nobody listens to a test.
EARS = """
window.heardHertz = [];
window.OscillatorNode = class extends OscillatorNode {
  constructor(air, options) { super(air, options); window.heardHertz.push(options.frequency); }
};
"""


@dataclass(frozen=True)
class Served:
    """A board that is served, and the ledger behind it."""

    board: Board
    url: str
    surroundings: Surroundings


@pytest.fixture(scope="package")
def served() -> Iterator[Served]:
    """Serve the board as `tapledger sim` does."""
    with Sandbox() as sandbox:
        surroundings = sandbox.surroundings()
        with Board(surroundings, Plan()) as board, BoardServer(board, listen(0)) as server:
            yield Served(board, server.url, surroundings)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Start one browser."""
    with browser() as started:
        yield started


@pytest.fixture
def watched(chromium, served) -> Iterator[Watched]:
    """Open the page; what went wrong on it fails the test."""
    with watched_page(chromium, viewport=WIDE) as opened:
        opened.page.add_init_script(EARS)
        opened.page.goto(served.url)
        yield opened
        # The browser itself notes each refusal; the page says it in words.
        assert [each for each in opened.complaints if "422" not in each] == []
