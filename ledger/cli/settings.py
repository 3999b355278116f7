"""`tapledger settings`: each variable of the environment, what it means, and what it is here."""

from __future__ import annotations

import os
from dataclasses import dataclass

import click
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from ledger.cli.context import prints
from ledger.settings import InvalidSetting, Setting, documented, variable

CANNOT_BE_USED = 1


@dataclass(frozen=True)
class Shown:
    """One setting as it is here: `value` shows no secret, `problem` says why it cannot be used."""

    variable: str
    meaning: str
    default: str
    value: str | None
    source: str
    problem: str | None


def settings_text(shown: list[Shown]) -> str:
    """Write the settings for people: the variable and its value, what it means below."""
    return "\n\n".join(_text(each) for each in shown)


def exit_status(shown: list[Shown]) -> int:
    """Return 0 when every setting can be used."""
    return CANNOT_BE_USED if any(each.problem for each in shown) else 0


@click.command()
@prints(settings_text, exit_status)
def settings() -> list[Shown]:
    """Print each setting: its variable, meaning, default, value here and where that is from.

    Secrets and passwords are not shown, and nothing is created. Exit status 1 when one cannot be used.
    """
    return [_shown(variable(name), setting) for name, setting in documented().items()]


def _shown(name: str, setting: Setting) -> Shown:
    given = os.environ.get(name, "")
    return Shown(
        variable=name,
        meaning=setting.meaning,
        default=setting.default or setting.default_meaning,
        value=_masked(given, setting) or setting.default or None,
        source="environment" if given else "default",
        problem=_problem(given or setting.default, setting),
    )


def _masked(given: str, setting: Setting) -> str:
    if setting.is_secret:
        return f"a secret of {len(given)} characters" if given else ""
    return _without_password(given) if "://" in given else given


def _without_password(given: str) -> str:
    try:
        url = make_url(given)
    except (ArgumentError, ValueError):
        return "an address that cannot be read"
    # A driver takes a password among the options as well.
    shown = url.set(query={}).render_as_string(hide_password=True)
    return f"{shown}?…" if url.query else shown


def _problem(used: str, setting: Setting) -> str | None:
    try:
        setting.read(used)
    except InvalidSetting as error:
        return str(error)
    return None


def _text(shown: Shown) -> str:
    value = f" = {shown.value} (from the {shown.source})" if shown.value else " is not set"
    lines = [f"{shown.variable}{value}", f"    {shown.meaning}", f"    Without it: {shown.default}."]
    if shown.problem:
        lines.append(f"    CANNOT BE USED: {shown.problem}")
    return "\n".join(lines)
