"""What devices refuse."""

from __future__ import annotations

from ledger.foundation.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable


class InvalidTerminal(Invalid):
    """An id or a name of a terminal is malformed; `fields` says which."""

    code = "invalid_terminal"
    message = "The terminal's details are invalid."


class TerminalExists(Conflict):
    """There is a terminal of that id already."""

    code = "terminal_exists"
    message = "There is already a terminal of that id."


class TerminalUnknown(NotFound):
    """There is no terminal of that id."""

    code = "terminal_unknown"
    message = "There is no terminal of that id."


class NotATerminal(Forbidden):
    """Only a terminal does this; an operator has commands of their own."""

    code = "not_a_terminal"
    message = "Only a terminal can do this."


class InvalidInstallId(Invalid):
    """What a device calls itself is malformed."""

    code = "invalid_install_id"
    message = "An install id has 8 to 32 hexadecimal digits."


class DevicePairingUnknown(NotFound):
    """No device waits with this code or secret: it is wrong, used, or over."""

    code = "pairing_unknown"
    message = "No device waits with this code: it is wrong, used, or older than ten minutes."


class TooManyPairings(Unavailable):
    """More devices ask to be paired than a house has; they may ask again in some minutes."""

    code = "too_many_pairings"
    message = "Too many devices ask to be paired; try again in some minutes."


class InvalidAllowance(Invalid):
    """A limit of an offline allowance is out of bounds; `fields` says which."""

    code = "invalid_allowance"
    message = "The limits of the offline allowance are invalid."
