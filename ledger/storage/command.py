"""What the runner runs: a named command, a request for it, and what it came to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ledger.foundation.actor import Actor
from ledger.storage.answers import fingerprint

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Command(Generic[Answer]):
    """A write that the domain offers: `function(transaction, **arguments) -> answer record`."""

    name: str
    answers: type[Answer]
    function: Callable[..., Answer]
    grouped_by: str | None = None
    foresee: Callable[[Any, Sequence[Request]], None] | None = None
    admits: Callable[[Any, Actor], None] | None = None

    def __call__(self, transaction: Any, **arguments: Any) -> Answer:
        """Run inside another command's transaction."""
        return self.function(transaction, **arguments)

    def __reduce__(self) -> tuple:
        """Go to another process by name: what stands for the function there is the same code."""
        return command_named, (self.name,)


@dataclass(frozen=True)
class Request(Generic[Answer]):
    """What somebody asks for: a command with its arguments, at most once for their key.

    `fingerprint` is shared only by requests for the same thing; there is none without a key.
    """

    command: Command[Answer]
    actor: Actor
    key: str | None
    arguments: dict[str, Any]
    fingerprint: str | None

    @classmethod
    def of(
        cls, command: Command[Answer], *, actor: Actor, key: str | None, arguments: dict[str, Any]
    ) -> Request[Answer]:
        """Make a request; its fingerprint is taken here, before anybody waits for it."""
        asked = None if key is None else fingerprint(command.name, arguments)
        return cls(command, actor, key, arguments, asked)


@dataclass(frozen=True)
class Outcome(Generic[Answer]):
    """What a run came to: the answer, and whether it is the remembered one of an earlier run.

    `events` names what this run has put into the outbox, in order.
    """

    answer: Answer
    is_repeat: bool
    events: tuple[str, ...] = ()


_COMMANDS: dict[str, Command] = {}


def command(
    name: str,
    *,
    answers: type[Answer],
    grouped_by: str | None = None,
    foresee: Callable[[Any, Sequence[Request]], None] | None = None,
    admits: Callable[[Any, Actor], None] | None = None,
) -> Callable[[Callable[..., Answer]], Command[Answer]]:
    """Make a function a command.

    `name` stands in the audit trail, `answers` is its record's type. A command that is `grouped_by` one
    of its arguments may share a transaction with others of its sort: it locks the balance that this
    argument leads to, and no other. `foresee(reader, requests)` expects for a whole group what its
    commands will ask for, and locks it in one order; a command without it, or one that writes something
    else than was foreseen, is run by itself. `admits(reader, actor)` refuses whoever may not even hear
    that they repeat themselves, for a repeat does not run the command.
    """

    def register(function: Callable[..., Answer]) -> Command[Answer]:
        made = _COMMANDS[name] = Command(name, answers, function, grouped_by, foresee, admits)
        return made

    return register


def command_named(name: str) -> Command:
    """Return a command by its name."""
    return _COMMANDS[name]
