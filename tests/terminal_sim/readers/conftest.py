"""A desk with a reader for every test of this folder, tidied up between them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from terminal_sim.readers.source import Event, Source
from tests.terminal_sim.readers.desk import Desk


@pytest.fixture(scope="package")
def whole_desk() -> Iterator[Desk]:
    """Return the desk that all tests share, one after the other."""
    desk = Desk()
    yield desk
    desk.close()


@pytest.fixture
def desk(whole_desk, monkeypatch) -> Iterator[Desk]:
    """Return a desk whose pcscd runs and whose reader is plugged in; there is no card on it."""
    for name, value in whole_desk.environment.items():
        monkeypatch.setenv(name, value)
    whole_desk.start_pcscd()
    yield whole_desk
    whole_desk.tidy()


class Watch:
    """Collects what a source tells, until it has told what somebody waits for."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.told: list[Event] = []

    def until(self, expected: Event | Callable[[Event], bool], timeout_s: float = 20) -> list[Event]:
        """Return everything that was told since the last time, up to the event that is waited for."""
        is_it = expected if callable(expected) else lambda event: event == expected
        deadline_s = time.monotonic() + timeout_s
        while not any(is_it(event) for event in self.told):
            assert time.monotonic() < deadline_s, f"{expected} was not told, but {self.told}"
            self.told += self.source.wait(0.2)
        told, self.told = self.told, []
        return told

    def still(self, seconds: float) -> None:
        """Nothing may be told for this long."""
        deadline_s = time.monotonic() + seconds
        while time.monotonic() < deadline_s:
            self.told += self.source.wait(0.05)
        assert self.told == []


@pytest.fixture
def watch() -> Iterator[Callable[[Source], Watch]]:
    """Return a maker of watches; their sources are closed with the test."""
    made = []

    def make(source: Source) -> Watch:
        made.append(source)
        return Watch(source)

    yield make
    for source in made:
        source.close()
