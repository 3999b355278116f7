"""`sim scenario`, `sim do` and `sim actions`: stories that play themselves, and all that can be done."""

from __future__ import annotations

import json
import sys
import textwrap
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from terminal_sim.cli import AS_JSON, act, refusals, tell
from terminal_sim.control import read_state

if TYPE_CHECKING:
    from terminal_sim.scenarios.runner import Outcome

GALLERY = Path(__file__).parent / "scenarios"
COLUMNS, INDENT = 100, " " * 29
EXISTING = click.Path(exists=True, path_type=Path)


@click.command()
@click.argument("files", metavar="[FILE|FOLDER]...", nargs=-1, type=EXISTING)
@click.option("--ledger", "ledger_url", help="The ledger's address; without it one to play with is started.")
@click.option("--prepare", "is_to_prepare", is_flag=True,
              help="Furnish that ledger first: TAPLEDGER_DATABASE_URL names its database.")
@click.option("--api-token", "tokens", multiple=True, metavar="NAME=TOKEN",
              help="The token of one terminal of the scenario; or TAPLEDGER_API_TOKEN_<NAME>.")
@click.option("--junit", "junit_file", type=click.Path(dir_okay=False, path_type=Path),
              help="Write the outcomes as JUnit XML.")
@click.option("--list", "is_list", is_flag=True, help="List the stories that come along, and play none.")
@AS_JSON
@refusals
def scenario(
    files: tuple[Path, ...], junit_file: Path | None, is_list: bool, as_json: bool, **options: Any
) -> None:
    """Play the stories in FILE, or all in FOLDER, in virtual time; exit 1 when one turns out otherwise.

    Without FILE it is the gallery that comes along.
    """
    paths = list(_stories(files or (GALLERY,)))
    if is_list:
        _list(paths, as_json)
        return
    if junit_file:
        _make_room(junit_file)
    with _settings(**options) as settings:
        outcomes = _played(paths, settings, is_quiet=as_json)
    if junit_file:
        from terminal_sim.scenarios.junit import junit_xml

        junit_file.write_text(junit_xml(outcomes), encoding="utf-8")
    if as_json:
        results = [outcome.as_dict() for outcome in outcomes]
        click.echo(json.dumps(results if len(results) != 1 else results[0]))
    elif len(outcomes) > 1:
        failed = sum(outcome.failure is not None for outcome in outcomes)
        click.echo(f"{len(outcomes) - failed} of {len(outcomes)} stories went as they were told")
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
    tell(act(read_state(name, state_dir), action, value=parsed(action, value)), as_json)


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
        click.echo(f"{row['action']:<20} {row['who']:<7} {row['what']}")
        if row["takes"] != "true":
            click.echo(textwrap.fill(row["takes"], COLUMNS, initial_indent=INDENT, subsequent_indent=INDENT))


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


@contextmanager
def _settings(
    ledger_url: str | None, tokens: tuple[str, ...], is_to_prepare: bool
) -> Iterator[dict[str, Any]]:
    """Say where the stories are played and who furnishes it; a ledger that is started here ends with them."""
    from terminal_sim.ledger_view import wait_until_ready
    from terminal_sim.scenarios.operator import Shell
    from terminal_sim.web.sandbox import Sandbox

    if ledger_url:
        pairs = dict(pair.partition("=")[::2] for pair in tokens)
        operator = Shell() if is_to_prepare else None
        yield {"ledger_url": ledger_url, "api_tokens": pairs, "operator": operator}
        return
    with Sandbox() as sandbox:
        around = sandbox.surroundings()
        wait_until_ready(around.url)
        yield {"ledger_url": around.url, "api_tokens": {}, "operator": Shell(around.database_url)}


def _played(paths: list[Path], settings: dict[str, Any], *, is_quiet: bool) -> list[Outcome]:
    """Play one step by step, or several with a line for each."""
    from terminal_sim.scenarios.runner import play

    if len(paths) > 1:
        return list(_one_by_one(paths, settings, is_quiet))
    outcome = play(paths[0], **settings, say=_silence if is_quiet else click.echo)
    if not is_quiet:
        word = "otherwise than it was told" if outcome.failure else "as it was told"
        click.echo(outcome.failure or f"{outcome.title}: {word}, in {outcome.real_seconds:.1f} s",
                   err=outcome.failure is not None)
    return [outcome]


def _one_by_one(paths: list[Path], settings: dict[str, Any], is_quiet: bool) -> Iterator[Outcome]:
    """Play each with a line of progress; one that cannot be played fails, and the others are played."""
    from terminal_sim.scenarios.runner import Outcome, play

    for number, path in enumerate(paths, 1):
        try:
            outcome = play(path, **settings, say=_silence)
        except ValueError as error:
            outcome = Outcome(path.stem, 0, str(error), 0.0, str(path))
        if not is_quiet:
            word = "failed" if outcome.failure else "played"
            click.echo(f"{number}/{len(paths)} {word} in {outcome.real_seconds:.1f} s: {outcome.title}")
        if outcome.failure and not is_quiet:
            click.echo(outcome.failure, err=True)
        yield outcome


def _silence(_line: str) -> None:
    """Say nothing."""


def _make_room(junit_file: Path) -> None:
    """Refuse a report that cannot be written before anything is played."""
    try:
        junit_file.parent.mkdir(parents=True, exist_ok=True)
        junit_file.touch()
    except OSError as error:
        raise ValueError(f"the report cannot be written: {error}") from error


def parsed(action: str, text: str) -> Any:
    """Return what a text means in TOML; where texts are wanted, a number is one, and so is any nonsense."""
    from terminal_sim.actions import ACTIONS

    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
    kinds = ACTIONS[action].kinds if action in ACTIONS else ()
    return text if str in kinds and isinstance(value, (int, float)) and type(value) not in kinds else value
