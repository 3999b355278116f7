"""What the runner runs: a named command, and the record that it answers with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Command(Generic[Answer]):
    """A write that the domain offers: `function(transaction, **arguments) -> answer record`."""

    name: str
    answers: type[Answer]
    function: Callable[..., Answer]

    def __call__(self, transaction: Any, **arguments: Any) -> Answer:
        """Run inside another command's transaction."""
        return self.function(transaction, **arguments)


def command(name: str, *, answers: type[Answer]) -> Callable[[Callable[..., Answer]], Command[Answer]]:
    """Make a function a command: `name` stands in the audit trail, `answers` is its record's type."""
    return lambda function: Command(name, answers, function)
