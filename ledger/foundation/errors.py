"""The one tree of refusals: a class for each, in six kinds that every dialect can say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum


class Kind(StrEnum):
    """What sort of refusal it is; a dialect's table turns kind and code into its status."""

    INVALID = "invalid"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    UNAVAILABLE = "unavailable"


class Refusal(Exception):
    """Something was refused and nothing was booked.

    `code` is for programs and stable, `message` is for people, `fields` names what was wrong
    in the request (field -> sentences), `details` carries further values of the refusal.
    """

    kind: Kind
    code: str
    message: str

    def __init__(
        self,
        message: str | None = None,
        *,
        fields: Mapping[str, list[str]] | None = None,
        **details: object,
    ) -> None:
        self.message = message or type(self).message
        self.fields = dict(fields or {})
        self.details = details
        super().__init__(self.message)


class Invalid(Refusal):
    """The request itself is wrong."""

    kind = Kind.INVALID
    code = "invalid"
    message = "The request is invalid."


class Unauthenticated(Refusal):
    """Nobody we know is asking."""

    kind = Kind.UNAUTHENTICATED
    code = "unauthenticated"
    message = "Unauthenticated."


class Forbidden(Refusal):
    """We know who asks, and they may not."""

    kind = Kind.FORBIDDEN
    code = "forbidden"
    message = "This is not permitted."


class NotFound(Refusal):
    """What was named does not exist."""

    kind = Kind.NOT_FOUND
    code = "not_found"
    message = "Not found."


class Conflict(Refusal):
    """The request is well formed, but the state of things forbids it."""

    kind = Kind.CONFLICT
    code = "conflict"
    message = "This conflicts with the present state."


class Unavailable(Refusal):
    """Nothing was decided; the same request may succeed later."""

    kind = Kind.UNAVAILABLE
    code = "unavailable"
    message = "The ledger cannot answer right now; try again with the same key."


def every_refusal(root: type[Refusal] = Refusal) -> Iterator[type[Refusal]]:
    """Yield each concrete refusal class that has been imported."""
    for refusal in root.__subclasses__():
        yield refusal
        yield from every_refusal(refusal)
