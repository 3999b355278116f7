"""`tapledger sim board`, which `tapledger sim` alone opens too."""

from __future__ import annotations

import json
import signal
import threading
import webbrowser
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from terminal_sim.bench import DEVICES
from terminal_sim.cli import refusals
from terminal_sim.control import Refused
from terminal_sim.tokens import check_uid
from terminal_sim.vm.node import NodeMissing, find_node
from terminal_sim.vm.process import VmMissing, find_module
from terminal_sim.web.listener import listen
from terminal_sim.web.sandbox import WALLETS, Sandbox, Surroundings


@click.command()
@click.option("--port", default=0, type=click.IntRange(0, 65535), help="0: a free one.")
@click.option("--browser/--no-browser", default=True, help="Open the page, or only print its address.")
@click.option("--ledger", "url", help="The address of a ledger; without it one to play with is started.")
@click.option("--api-token", "tokens", multiple=True, metavar="DEVICE=TOKEN",
              help="With --ledger; a device without one shows a code to be paired by.")
@click.option("--card", "cards", multiple=True, metavar="NAME=UID", help="With --ledger; repeat for each.")
@click.option("--device", "devices", multiple=True, type=click.Choice(DEVICES), help="Only these; repeat.")
@click.option("--language", type=click.Choice(["en", "de"]), default="en", show_default=True,
              help="What the displays speak; the page follows the browser.")
@click.option("--json", "as_json", is_flag=True, help="Print the addresses as JSON.")
@click.pass_obj
@refusals
def board(state_dir: Path, port: int, browser: bool, as_json: bool, **options: Any) -> None:
    """Open the board in the browser, until Ctrl-C: four terminals, cards, coins, and a world that fails."""
    _require_vm()
    given = _given(options) if options["url"] else None
    with ExitStack() as stack:
        listener = listen(port)
        stack.callback(listener.close)
        ended = _end_by_signal()
        started = None if given else stack.enter_context(Sandbox())
        # Imported here: it takes as long as the ledger needs, and both have a processor to themselves.
        from terminal_sim.web.board import Board, Plan
        from terminal_sim.web.server import BoardServer

        plan = Plan(tuple(options["devices"] or DEVICES), options["language"])
        given = given or started.surroundings()
        shown = stack.enter_context(Board(given, plan))
        server = stack.enter_context(BoardServer(shown, listener))
        if browser:
            # The page waits for the terminals by itself, while the browser comes up.
            webbrowser.open(server.url)
        shown.wait_ready()
        # Imported here: the page is there before the other commands find the board.
        from terminal_sim.web.doors import Doors

        doors = stack.enter_context(Doors(shown, state_dir))
        _say(server.url, given.url, as_json)
        for name in doors.taken:
            click.echo(f"Another {name} runs here: the other sim commands reach that one.", err=True)
        ended.wait()


def _end_by_signal() -> threading.Event:
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    return ended


def _say(page_url: str, ledger_url: str, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"board": page_url, "ledger": ledger_url}))
    else:
        click.echo(f"The board is at {page_url}\nIts ledger is at {ledger_url}\nCtrl-C ends it.")


def _require_vm() -> None:
    try:
        find_node()
        find_module()
    except (NodeMissing, VmMissing) as error:
        raise Refused(str(error)) from error


def _given(options: dict[str, Any]) -> Surroundings:
    """Return the ledger that was named, with the terminals' api_tokens and people's cards."""
    parts = urlsplit(options["url"])
    if parts.scheme != "http" or not parts.hostname:
        raise Refused(f"{options['url']!r} is no address of a ledger: http://HOST:PORT")
    api_tokens = _pairs("--api-token", options["tokens"])
    for name in api_tokens:
        if name not in DEVICES:
            raise Refused(f"--api-token: there is no device {name!r}; there are {', '.join(DEVICES)}")
    cards = {name: check_uid(uid) for name, uid in _pairs("--card", options["cards"]).items()}
    return Surroundings(options["url"], api_tokens, tuple(cards.items()) or WALLETS)


def _pairs(option: str, given: tuple[str, ...]) -> dict[str, str]:
    for pair in given:
        if not all(pair.partition("=")):
            raise Refused(f"{option} takes two things with a = between them, not {pair!r}")
    return dict(pair.partition("=")[::2] for pair in given)
