"""`sim scenario`, `sim do` and `sim actions`: stories that play themselves, and all that can be done."""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from terminal_sim.cli import AS_JSON, act, refusals, tell
from terminal_sim.control import read_state

if TYPE_CHECKING:
    from terminal_sim.scenarios.runner import Outcome

GALLERY = Path(__file__).parent / "scenarios"
EXISTING = click.Path(exists=True, path_type=Path)


@click.command()
@click.argument("files", metavar="[FILE|FOLDER]...", nargs=-1, type=EXISTING)
@click.option("--ledger", "ledger_url", help="The ledger's address, http://HOST:PORT.")
@click.option("--prepare", "is_to_prepare", is_flag=True,
              help="Furnish the ledger with `tapledger` first: TAPLEDGER_DATABASE_URL names its database.")
@click.option("--api-token", "tokens", multiple=True, metavar="NAME=TOKEN",
              help="The token of one terminal of the scenario; or TAPLEDGER_API_TOKEN_<NAME>.")
@click.option("--junit", "junit_file", type=click.Path(dir_okay=False, path_type=Path),
              help="Write the outcomes as JUnit XML.")
@click.option("--list", "is_list", is_flag=True, help="List the stories that come along, and play none.")
@AS_JSON
@refusals
def scenario(
    files: tuple[Path, ...], ledger_url: str | None, junit_file: Path | None, is_list: bool, **options: Any
) -> None:
    """Play the stories in FILE, or all in FOLDER, in virtual time; exit 1 when one turns out otherwise.

    Without FILE it is the gallery that comes along.
    """
    as_json = options.pop("as_json")
    paths = list(_stories(files or (GALLERY,)))
    if is_list:
        _list(paths, as_json)
        return
    if not ledger_url:
        raise click.UsageError("Missing option '--ledger': the stories need a running ledger.")
    outcomes = _played(paths, ledger_url, is_quiet=as_json, **options)
    if junit_file:
        from terminal_sim.scenarios.junit import junit_xml

        junit_file.write_text(junit_xml(outcomes), encoding="utf-8")
    if as_json:
        results = [outcome.as_dict() for outcome in outcomes]
        click.echo(json.dumps(results if len(results) != 1 else results[0]))
    if any(outcome.failure for outcome in outcomes):
        sys.exit(1)


@click.command("do")
@click.argument("name")
@click.argument("action")
@click.argument("value", default="true")
@AS_JSON
@click.pass_obj
@refusals
def do(state_dir: Path, name: str, action: str, value: str, as_json: bool) -> None:
    """Do ACTION of `sim actions` to NAME; VALUE is as in a scenario's file, and quotes may be left out."""
    tell(act(read_state(name, state_dir), action, value=_parsed(value)), as_json)


@click.command("actions")
@AS_JSON
def actions(as_json: bool) -> None:
    """List everything that a person or the world can do to a terminal, in `do` and in scenarios."""
    from terminal_sim.actions import ACTIONS

    rows = [
        {"action": name, "who": action.who, "what": action.line, "takes": action.words}
        for name, action in ACTIONS.items()
    ]
    if as_json:
        click.echo(json.dumps(rows))
        return
    for row in rows:
        click.echo(f"{row['action']:<20} {row['who']:<7} {row['what']}: {row['takes']}")


def _stories(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        found = sorted(path.glob("*.toml")) if path.is_dir() else [path]
        if not found:
            raise ValueError(f"there is no story in {path}: its files end in .toml")
        yield from found


def _list(paths: list[Path], as_json: bool) -> None:
    from terminal_sim.scenarios.story import read_story

    titles = {path: read_story(path).title for path in paths}
    if as_json:
        click.echo(json.dumps([{"file": str(path), "title": title} for path, title in titles.items()]))
        return
    width = max(len(path.stem) for path in titles)
    for path, title in titles.items():
        click.echo(f"{path.stem:<{width}}  {title}")


def _played(
    paths: list[Path], ledger_url: str, tokens: tuple[str, ...], is_to_prepare: bool, is_quiet: bool
) -> list[Outcome]:
    from terminal_sim.scenarios.operator import Shell
    from terminal_sim.scenarios.runner import play

    pairs = dict(pair.partition("=")[::2] for pair in tokens)
    operator = Shell() if is_to_prepare else None
    is_one = len(paths) == 1
    outcomes = []
    for number, path in enumerate(paths, 1):
        say = click.echo if is_one and not is_quiet else lambda _line: None
        outcome = play(
            path, ledger_url, pairs, say=say, operator=operator, is_to_prepare=is_to_prepare
        )
        outcomes.append(outcome)
        if not is_quiet:
            word = "failed" if outcome.failure else "played"
            click.echo(f"{number}/{len(paths)} {word} in {outcome.real_seconds:.1f} s: {outcome.title}")
            if outcome.failure:
                click.echo(outcome.failure, err=True)
    return outcomes


def _parsed(value: str) -> Any:
    """Return what a text means in TOML; what means nothing there is the text itself."""
    try:
        return tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return value
