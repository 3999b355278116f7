"""Who is asking: a terminal, an operator, or the system itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ledger.foundation.errors import Forbidden
from ledger.foundation.permissions import Permission


class ActorKind(StrEnum):
    """The sorts of askers."""

    TERMINAL = "terminal"
    OPERATOR = "operator"
    SYSTEM = "system"


class PermissionMissing(Forbidden):
    """The actor is known, but its permission level does not reach."""

    code = "permission_missing"
    message = "The permission level does not allow this."


@dataclass(frozen=True)
class Actor:
    """An authenticated asker; `origin` says where the request came from, for the audit trail.

    `credential_id` names the long-lived secret that it proved itself by, if it was one.
    """

    kind: ActorKind
    name: str
    permissions: frozenset[Permission]
    id: int | None = None
    origin: str = ""
    credential_id: int | None = None

    @property
    def scope(self) -> str:
        """Return the room in which this actor's idempotency keys are unique (TRAPS.md T-18)."""
        return f"{self.kind}:{self.name}"

    def require(self, permission: Permission) -> None:
        """Refuse with PermissionMissing unless the actor holds the permission."""
        if permission not in self.permissions:
            raise PermissionMissing


def operator_on_this_machine(name: str = "command line") -> Actor:
    """Return the actor of a person who runs commands on the ledger's own machine: all is permitted."""
    return Actor(ActorKind.SYSTEM, name, frozenset(Permission), origin="command line")
