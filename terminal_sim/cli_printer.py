"""`sim printer`: run a receipt printer with a cash drawer here, and do with it what people do."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import click

from terminal_sim.cli import AS_JSON, refusals
from terminal_sim.control import Refused, ask, check_name, read_state
from terminal_sim.printer.foreground import Foreground
from terminal_sim.printer.receipt import Receipt
from terminal_sim.printer.wire import PortTaken


@click.group(invoke_without_command=True)
@click.option("--name", default="printer", show_default=True, help="What other commands call it.")
@click.option("--port", type=click.IntRange(0, 65535), default=0,
              help="Where it listens on 127.0.0.1: 9100 as real ones do; 0, the default, takes a free port.")
@click.option("--paper", "paper_mm", type=click.Choice(["58", "80"]), default="80", show_default=True,
              help="The paper's width in mm.")
@click.option("--drawer-pin", type=click.Choice(["2", "5"]), default="2", show_default=True,
              help="The pin that the drawer is wired to.")
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path),
              help="Where pictures of receipts go; NAME-receipts beside the state files unless set.")
@AS_JSON
@click.pass_context
@refusals
def printer(context: click.Context, name: str, folder: Path | None, as_json: bool, **settings: Any) -> None:
    """Run a receipt printer with a cash drawer (ESC/POS over TCP) here, until Ctrl-C.

    Each receipt is shown as text and kept as a PNG of 203 dpi. The commands below do something to the printer
    that runs under this name.
    """
    state_dir = context.obj
    context.obj = (check_name(name), state_dir)
    if context.invoked_subcommand is not None:
        return
    settings["paper_mm"], settings["drawer_pin"] = int(settings["paper_mm"]), int(settings["drawer_pin"])
    try:
        running = Foreground(name, settings, state_dir, folder or state_dir / f"{name}-receipts")
    except PortTaken as taken:
        raise Refused(str(taken)) from None
    _run(running, as_json)


def _plain(command: str, text: str, *choices: str) -> None:
    """Add a command that needs nothing but one of a few words, or no word at all."""

    @click.pass_obj
    @refusals
    def act(where: tuple[str, Path], as_json: bool, **words: str) -> None:
        _say(ask(read_state(*where), f"printer-{command}", **words), as_json)

    act = AS_JSON(act)
    if choices:
        act = click.argument("what", type=click.Choice(choices))(act)
    printer.command(command, help=text)(act)


_plain("show", "Show the printer, its drawer, and what it did not do.")
_plain("paper", "Let the roll be full, near its end, or out.", "ok", "near-end", "out")
_plain("cover", "Open or close the cover.", "open", "close")
_plain("drawer", "Push the drawer in, or turn its key.", "close", "lock", "unlock")
_plain("button", "Press the button that takes the printer offline, or online again.", "offline", "online")
_plain("network", "Pull the cable out, put it in, or break the connection in a job.", "out", "in", "break")
_plain("speed", "Print as fast as it can, or two lines a second.", "normal", "slow")
_plain("tear", "Tear off what hangs out, as one does at a printer without a knife.")


def _run(running: Foreground, as_json: bool) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: running.stop())
    shown = 0

    def show(receipt: Receipt, picture: Path | None) -> None:
        nonlocal shown
        shown += 1
        if as_json:
            said = {"receipt": shown, "text": receipt.text, "cut": receipt.cut}
            click.echo(json.dumps(said | {"picture": None if picture is None else str(picture)}))
        else:
            click.echo(_framed(receipt))
            click.echo(f"{picture}" if picture else "no picture: pip install 'tapledger[printer]' draws them")

    try:
        _say({"name": running.name, **running.printer.describe()}, as_json)
        running.run(show)
    finally:
        running.close()


def _framed(receipt: Receipt) -> str:
    edge = "+" + "-" * (receipt.columns + 2) + "+"
    lines = [f"| {line.ljust(receipt.columns)} |" for line in receipt.text.splitlines()]
    return "\n".join([edge, *lines, edge])


def _say(answer: dict[str, Any], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(answer))
        return
    link = "online" if answer["online"] else "offline"
    waiting = f", {answer['unprinted_bytes']} bytes wait" if answer["unprinted_bytes"] else ""
    click.echo(f"{answer['name']}  127.0.0.1:{answer['port']}, {link}{waiting}")
    cover = "open" if answer["cover_open"] else "closed"
    paper = answer["paper"].replace("_", " ")
    click.echo(f"  paper {answer['paper_mm']} mm {paper}, cover {cover}, receipts {answer['receipts']}")
    drawer = "open" if answer["drawer_open"] else "closed"
    kicks = ", ".join(f"pin {kick['pin']} {kick['on_ms']} ms" for kick in answer["drawer_kicks"]) or "none"
    click.echo(f"  drawer {drawer}{', locked' if answer['drawer_locked'] else ''}; pulses: {kicks}")
    for remark in answer["remarks"]:
        click.echo(f"  not done: {remark}")
