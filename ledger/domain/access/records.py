"""What access hands out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """What an operator is to the house."""

    ADMIN = "admin"
    STAFF = "staff"


class CredentialKind(StrEnum):
    """The sorts of long-lived secrets; each is valid at its own door only."""

    TERMINAL_TOKEN = "terminal_token"


@dataclass(frozen=True)
class OperatorRecord:
    """A person who runs the house."""

    id: int
    username: str
    role: Role


@dataclass(frozen=True)
class SessionRecord:
    """Somebody who has signed in; `secret` is what their browser shows from then on, told once."""

    username: str
    ends_at: datetime
    secret: str | None = field(default=None, repr=False, metadata={"secret": True})


@dataclass(frozen=True)
class SignInRecord:
    """An attempt to sign in that may go on; `number` counts those since the last one that was right.

    `password_hash` is what the password is held against.
    """

    username: str
    number: int
    password_hash: str | None = field(default=None, repr=False, metadata={"secret": True})
