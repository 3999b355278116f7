"""What access refuses."""

from __future__ import annotations

from ledger.foundation.errors import Conflict, Invalid, NotFound, Unauthenticated


class CredentialRefused(Unauthenticated):
    """The credential is missing, malformed, unknown, expired or rolled; which of them is not told."""

    code = "unauthenticated"


class OperatorExists(Conflict):
    """There is an operator of that name already."""

    code = "operator_exists"
    message = "There is already an operator of that name."


class OperatorUnknown(NotFound):
    """There is no such operator."""

    code = "operator_unknown"
    message = "There is no operator of that name."


class InvalidOperatorName(Invalid):
    """An operator's name must fit in an audit trail."""

    code = "invalid_operator_name"
    message = "An operator's name has 1 to 64 letters, digits, dots, hyphens or underscores."
