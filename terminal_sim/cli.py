"""The `sim` commands: run terminals on this machine, and do with them what people do."""

from __future__ import annotations

import functools
import json
import signal
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from terminal_sim.bench import DEVICES
from terminal_sim.control import STATE_DIR as DEFAULT_STATE_DIR
from terminal_sim.control import Refused, State, ask, check_name, read_state, running
from terminal_sim.parts.board import COIN_ACCEPTORS, READERS
from terminal_sim.tokens import check_uid
from terminal_sim.vm.node import NodeMissing
from terminal_sim.vm.process import VmMissing

ANSWER_SHOWN_WITHIN_S = 2.0
SETTLED_S = 0.5
LOOK_EVERY_S = 0.1


class Refusal(click.ClickException):
    """Bad input: one line on stderr, exit 2."""

    exit_code = 2


def refusals(command: Callable[..., Any]) -> Callable[..., Any]:
    """Turn a refusal into one line on stderr and exit 2."""

    @functools.wraps(command)
    def run(*arguments: Any, **options: Any) -> Any:
        try:
            return command(*arguments, **options)
        except (Refused, ValueError, NodeMissing, VmMissing) as error:
            raise Refusal(" ".join(str(error).split())) from None

    return run


# Commands with a module of their own, which is imported when somebody calls them.
ELSEWHERE = {
    "actions": "terminal_sim.cli_scenarios",
    "board": "terminal_sim.cli_board",
    "do": "terminal_sim.cli_scenarios",
    "fleet": "terminal_sim.cli_fleet",
    "printer": "terminal_sim.cli_printer",
    "reader": "terminal_sim.cli_readers",
    "readers": "terminal_sim.cli_readers",
    "scenario": "terminal_sim.cli_scenarios",
}


class _OneLine(click.Group):
    """A group whose errors are one line, without the usage text above them."""

    def list_commands(self, context: click.Context) -> list[str]:
        """Return all names, in the order of the alphabet."""
        return sorted([*super().list_commands(context), *ELSEWHERE])

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """Return a command, from wherever it stands."""
        if name in ELSEWHERE:
            return getattr(import_module(ELSEWHERE[name]), name)
        return super().get_command(context, name)

    def main(self, *arguments: Any, **options: Any) -> Any:
        try:
            return super().main(*arguments, **{**options, "standalone_mode": False})
        except click.ClickException as error:
            click.echo(f"Error: {error.format_message()}", err=True)
            sys.exit(error.exit_code)
        except click.Abort:
            sys.exit(130)


@click.group(cls=_OneLine, invoke_without_command=True)
@click.option("--state-dir", type=click.Path(path_type=Path), default=DEFAULT_STATE_DIR, show_default=True)
@click.pass_context
def sim(context: click.Context, state_dir: Path) -> None:
    """Run simulated terminals with the real firmware. Alone it opens the board in the browser."""
    context.obj = state_dir
    if context.invoked_subcommand is None:
        context.invoke(context.command.get_command(context, "board"))


AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")


@sim.command()
@click.argument("name")
@click.option("--device", type=click.Choice(DEVICES), required=True)
@click.option("--ledger", "ledger_url", required=True, help="The ledger's address, http://HOST:PORT.")
@click.option("--api-token", envvar="TAPLEDGER_API_TOKEN", show_envvar=True,
              help="Without one it shows a code for `tapledger terminal pair`.")
@click.option("--language", type=click.Choice(["en", "de"]), default="en", show_default=True)
@click.option("--display", type=click.Choice(["lcd", "oled"]), default="lcd", show_default=True)
@click.option("--reader", type=click.Choice(READERS), default=READERS[0], show_default=True)
@click.option("--coin-acceptor", type=click.Choice(COIN_ACCEPTORS), default="pulse", show_default=True)
@click.option("--button", "buttons", multiple=True, help="A product id for the next product button.")
@click.option("--pulse-cents", type=click.IntRange(1, 1000), default=10, show_default=True)
@click.option("--confirm", is_flag=True, help="Show price and balance, and ask, before it books.")
@click.option("--selftest", is_flag=True, help="Look at each part first, and say so on the console.")
@click.option("--clock", type=click.Choice(["real"]), default="real", help="Scenarios run in virtual time.")
@AS_JSON
@click.pass_obj
@refusals
def run(state_dir: Path, name: str, as_json: bool, clock: str, **settings: Any) -> None:
    """Run the terminal NAME here, until Ctrl-C."""
    from terminal_sim.foreground import Foreground

    check_name(name)
    settings["buttons"] = list(settings["buttons"])
    terminal = Foreground(name, settings, state_dir)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: terminal.stop())

    def show(display: list[str]) -> None:
        if as_json:
            click.echo(json.dumps({"name": name, "display": display}))
        else:
            click.echo(_framed(name, display))

    try:
        terminal.run(show)
    finally:
        terminal.close()


@sim.command()
@click.argument("name")
@click.argument("uid")
@click.option("--hold", "hold_s", type=click.FloatRange(min=0), default=3.0, show_default=True,
              help="Seconds until the token leaves; 0 leaves it there until `untap`.")
@AS_JSON
@click.pass_obj
@refusals
def tap(state_dir: Path, name: str, uid: str, hold_s: float, as_json: bool) -> None:
    """Hold the token UID to the reader of NAME."""
    uid = check_uid(uid)
    tell(act(read_state(name, state_dir), "tap", uid=uid, hold_s=hold_s), as_json)


@sim.command()
@click.argument("name")
@click.argument("cents", type=click.IntRange(min=1))
@AS_JSON
@click.pass_obj
@refusals
def coin(state_dir: Path, name: str, cents: int, as_json: bool) -> None:
    """Drop a coin of CENTS into the slot of NAME."""
    answer = act(read_state(name, state_dir), "coin", value=cents)
    if not as_json:
        click.echo("taken" if answer["accepted"] else "fell through into the return")
    tell(answer, as_json)


@sim.command()
@click.argument("name")
@click.argument("what", metavar="BUTTON|KEYS|ITEM:PRICE")
@AS_JSON
@click.pass_obj
@refusals
def press(state_dir: Path, name: str, what: str, as_json: bool) -> None:
    """Press a product button of NAME, by name or number from 0, or keys of its keypad such as 500#.

    On a vending machine it is a selection with its price in units of the bus, such as 12:180.
    """
    tell(act(read_state(name, state_dir), "press", value=what), as_json)


def _plain(command: str, text: str) -> None:
    """Add a command that needs nothing but the terminal's name."""

    @sim.command(command, help=text)
    @click.argument("name")
    @AS_JSON
    @click.pass_obj
    @refusals
    def obey(state_dir: Path, name: str, as_json: bool) -> None:
        tell(ask(read_state(name, state_dir), command), as_json)


_plain("untap", "Take the token away from the reader of NAME.")
_plain("offline", "Unplug the network of NAME.")
_plain("online", "Plug the network of NAME in again.")
_plain("cut-power", "Cut the power of NAME at this moment.")
_plain("boot", "Give NAME its power back.")
_plain("show", "Show display, network and console of NAME.")


@sim.command("list")
@AS_JSON
@click.pass_obj
@refusals
def list_running(state_dir: Path, as_json: bool) -> None:
    """List the terminals that run on this machine."""
    states = [{"name": state.name, "device": state.device} for state in running(state_dir)]
    if as_json:
        click.echo(json.dumps(states))
    elif not states:
        click.echo("no terminal runs here")
    else:
        for state in states:
            click.echo(f"{state['name']}  {state['device']}")


def act(state: State, command: str, **arguments: Any) -> dict[str, Any]:
    """Do something, and return what the terminal shows when it has answered: changed, then at rest."""
    before = ask(state, "show")["display"]
    answer = ask(state, command, **arguments)
    if answer.get("accepted") is False:
        return answer
    deadline_s = time.monotonic() + ANSWER_SHOWN_WITHIN_S
    seen, seen_at_s = answer["display"], time.monotonic()
    while time.monotonic() < deadline_s:
        is_at_rest = time.monotonic() - seen_at_s >= SETTLED_S and not answer["coin_falling"]
        if seen != before and is_at_rest:
            break
        time.sleep(LOOK_EVERY_S)
        answer |= ask(state, "show")
        if answer["coin_falling"]:
            # Nothing is to be seen of a coin before its last pulse, and twenty take six seconds.
            deadline_s = time.monotonic() + ANSWER_SHOWN_WITHIN_S
        if answer["display"] != seen:
            seen, seen_at_s = answer["display"], time.monotonic()
    return answer


def _framed(name: str, display: list[str]) -> str:
    edge = "+" + "-" * (len(display[0]) + 2) + "+"
    # Where a picture stands there are no letters to tell.
    lines = [f"| {line} |".replace("\ufffd", "▒") for line in display]
    return "\n".join([f"{name}", edge, *lines, edge])


def tell(answer: dict[str, Any], as_json: bool) -> None:
    """Print what a terminal answered: its display, power, network and latest requests."""
    if as_json:
        click.echo(json.dumps(answer))
        return
    click.echo(_framed(answer["name"], answer["display"]))
    power = "on" if answer["powered"] else "off"
    link = "online" if answer["online"] else "offline"
    click.echo(f"power {power}, {link}, relay closed {answer['relay_closures']} times")
    for request in answer["requests"]:
        click.echo(f"  {request}")
