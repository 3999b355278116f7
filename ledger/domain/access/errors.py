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


class InvalidPassword(Invalid):
    """A password must be long enough, and not hold the name that it belongs to."""

    code = "invalid_password"
    message = "A password has 10 to 256 characters and does not contain the name."


class SignInRefused(Unauthenticated):
    """The name or the password is wrong; which of them is not told."""

    code = "sign_in_refused"
    message = "The name or the password is wrong."


class SignInLocked(Unauthenticated):
    """There were too many wrong passwords for this name; `details["until"]` says how long it is locked."""

    code = "sign_in_locked"
    message = "There were too many wrong passwords. Try again later."


class AlreadySetUp(Conflict):
    """The house has somebody with a password: further people are added by them."""

    code = "already_set_up"
    message = "This house is set up already: sign in."
