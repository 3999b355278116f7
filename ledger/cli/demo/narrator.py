"""Tells the story: what happens, when in the device's time, and what its display shows."""

from __future__ import annotations

import time
from typing import Any

import click

from terminal_sim.machine import Machine

_INDENT = "      "


class NotSo(Exception):
    """What the narrator was about to say is not so."""


class Narrator:
    """Prints the story, with a pause after each picture for people who watch."""

    def __init__(self, pause_s: float) -> None:
        self._pause_s = pause_s

    def heading(self, text: str) -> None:
        """Begin a scene."""
        click.echo(f"\n{text}\n{'─' * len(text)}")

    def say(self, text: str) -> None:
        """Say what happens."""
        click.echo(f"  {text}")

    def claim(self, text: str, expected: Any, found: Any) -> None:
        """Say what happened where it has been looked up; NotSo when something else was found."""
        if found != expected:
            raise NotSo(f"{text!r} would be {expected}, and it was {found}")
        self.say(text)

    def show(self, machine: Machine) -> None:
        """Draw a device's display, with the device's own time."""
        minutes, seconds = divmod(int(machine.seconds), 60)
        click.echo(f"{_INDENT}┌{'─' * 20}┐ {machine.name}, {minutes}:{seconds:02d}")
        for line in machine.display:
            click.echo(f"{_INDENT}│{line}│")
        click.echo(f"{_INDENT}└{'─' * 20}┘")
        time.sleep(self._pause_s)

    def requests(self, machine: Machine, count: int) -> None:
        """List a device's last requests and what it heard."""
        for request in machine.network.requests[-count:]:
            click.echo(f"{_INDENT}{request}")
