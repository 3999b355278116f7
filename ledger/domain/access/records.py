"""What access hands out."""

from __future__ import annotations

from dataclasses import dataclass
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
