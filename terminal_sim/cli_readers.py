"""The `sim` commands for real readers: what this computer has, and one of them in front of a terminal."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import click

from terminal_sim.cli import AS_JSON, refusals
from terminal_sim.control import ask, read_state
from terminal_sim.readers import keyboard_wedge, nfc, pcsc
from terminal_sim.readers.feeding import Feeder
from terminal_sim.readers.keyboard_wedge import DEFAULT_HOLD_S
from terminal_sim.readers.source import CardCame, CardLeft, Event, Source, SourceEnded

KINDS = {"pcsc": pcsc, "nfc": nfc, "wedge": keyboard_wedge}
STEP_S = 0.5


@click.command()
@AS_JSON
@refusals
def readers(as_json: bool) -> None:
    """List the card readers of this computer, and what is missing with the line to type."""
    found = {kind: module.find() for kind, module in KINDS.items()}
    listed = [
        {"kind": kind, "name": name, "about": about}
        for kind, each in found.items()
        for name, about in each.readers
    ]
    missing = [
        {"kind": kind, "what": one.what, "to_type": one.to_type}
        for kind, each in found.items()
        for one in each.missing
    ]
    if as_json:
        click.echo(json.dumps({"readers": listed, "missing": missing}))
        return
    width = max(len(one["name"]) for one in listed)
    for one in listed:
        click.echo(f"{one['kind']:<5}  {one['name']:<{width}}  {one['about']}")
    if missing:
        click.echo("\nMissing:")
    for one in missing:
        click.echo(f"{one['kind']:<5}  {one['what']}\n         {one['to_type']}")
    click.echo("\nPut one in front of a running terminal: tapledger sim reader TERMINAL " + "|".join(KINDS))


@click.command()
@click.argument("name")
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.option("--which", help="pcsc: part of its name. nfc: its path, like usb:072f:2200 or tty:USB0:pn532.")
@click.option("--hold", "hold_s", type=click.FloatRange(min=0.1), default=DEFAULT_HOLD_S, show_default=True,
              help="wedge: seconds until a card leaves whose UID was typed.")
@click.option("--reversed", "is_reversed", is_flag=True, help="wedge: the reader types the last byte first.")
@AS_JSON
@click.pass_obj
@refusals
def reader(state_dir: Path, name: str, as_json: bool, **chosen: Any) -> None:
    """Let the terminal NAME read the cards on a real reader, until Ctrl-C.

    A card on it lies on the terminal's own reader chip, until it is taken away. With wedge, click into this
    window: the reader types here.
    """
    ask(read_state(name, state_dir), "ping")
    feeder = Feeder(name, state_dir, _open(**chosen), _say_json if as_json else _say)
    stopped: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: stopped.append(number))
    try:
        while not stopped:
            feeder.step(STEP_S)
    except SourceEnded:
        return
    finally:
        feeder.close()


def _open(kind: str, which: str | None, hold_s: float, is_reversed: bool) -> Source:
    if kind == "wedge":
        return keyboard_wedge.KeyboardWedgeSource(click.get_text_stream("stdin"), hold_s, is_reversed)
    if kind == "nfc":
        return nfc.NfcSource(which or nfc.FIRST_ON_USB)
    return pcsc.PcscSource(which or "")


def _say(event: Event) -> None:
    if isinstance(event, CardCame):
        click.echo(f"card {event.uid} lies on {event.reader}")
    elif isinstance(event, CardLeft):
        click.echo(f"card {event.uid} left {event.reader}")
    else:
        click.echo(event.text)


def _say_json(event: Event) -> None:
    kinds = {CardCame: "came", CardLeft: "left"}
    click.echo(json.dumps({"event": kinds.get(type(event), "notice"), **event.__dict__}))
