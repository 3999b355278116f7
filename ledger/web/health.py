"""Whether the process lives and whether it can work: for whoever starts, restarts and balances it."""

from __future__ import annotations

from flask import Flask
from flask.typing import ResponseReturnValue

from ledger.web.dispatch import ledger


def install(app: Flask) -> None:
    """Answer `/health` and `/ready`; both stand outside all dialects and ask for no credential."""

    @app.get("/health")
    def health() -> ResponseReturnValue:
        """Say that the process answers; the database is not asked, so its failure restarts nobody."""
        return {"status": "alive"}

    @app.get("/ready")
    def ready() -> ResponseReturnValue:
        """Say that the database answers with the schema of this version.

        Refuses with DatabaseUnreachable or SchemaOutdated, which are 503 here.
        """
        ledger().require_current_schema()
        return {"status": "ready"}
