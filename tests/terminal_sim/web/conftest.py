"""A board with its own ledger, served, and a real browser before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser

from terminal_sim.web.board import Board, Plan
from terminal_sim.web.sandbox import Surroundings, sandbox
from terminal_sim.web.server import BoardServer, listen
from tests.web.browsers import Watched, browser, watched_page

WIDE = {"width": 1280, "height": 1000}


@dataclass(frozen=True)
class Served:
    """A board that is served, and the ledger behind it."""

    board: Board
    url: str
    surroundings: Surroundings


@pytest.fixture(scope="package")
def served() -> Iterator[Served]:
    """Serve the board as `tapledger sim` does."""
    with (
        sandbox() as surroundings,
        Board(surroundings, Plan()) as board,
        BoardServer(board, listen(0)) as server,
    ):
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
        opened.page.goto(served.url)
        yield opened
        assert opened.complaints == []
