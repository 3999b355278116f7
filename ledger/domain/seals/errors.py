"""What seals refuse."""

from __future__ import annotations

from ledger.foundation.errors import Conflict, Invalid


class SealOutrun(Conflict):
    """Somebody else has sealed these postings, or others behind the same seal, at the same moment."""

    code = "seal_outrun"
    message = "Somebody else sealed at the same moment; run it again."


class InvalidSeal(Invalid):
    """A file holds no exported seals."""

    code = "invalid_seal"
    message = "The file holds no exported seals: one JSON object a line, as `tapledger seal --export` writes."
