"""What devices refuse."""

from __future__ import annotations

from ledger.foundation.errors import Conflict, Forbidden, Invalid, NotFound


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
