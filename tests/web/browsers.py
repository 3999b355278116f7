"""A real Chromium, headless and silent, that remembers what a page complained about and asked for."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, expect, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# No sandbox because the tests run as root in containers; the rest keeps the browser from calling home.
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


# A busy machine is no broken page.
expect.set_options(timeout=30_000)


class Watched:
    """A page, what it complained about, and the hosts that it asked."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.hosts: set[str] = set()
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("requestfailed", lambda request: self.complaints.append(f"{request.url} failed"))
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))

    def _console(self, message: object) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)


@contextmanager
def browser() -> Iterator[Browser]:
    """Start the system's Chromium; its absence is a failure of the machine, said in words."""
    executable = next((found for name in NAMES if (found := shutil.which(name))), None)
    assert executable, "these tests need Chromium on PATH: `python3 run.py test` installs it"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
        yield started
        started.close()


@contextmanager
def watched_page(browser: Browser, **options: object) -> Iterator[Watched]:
    """Open a page in a fresh profile."""
    context = browser.new_context(**options)
    yield Watched(context.new_page())
    context.close()
