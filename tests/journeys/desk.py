"""An operator's desk: commands of `tapledger`, typed in this process, for each new one takes a second."""

from __future__ import annotations

import json
import os
import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from typing import Any

from ledger.cli.main import main
from ledger.service import Ledger
from terminal_sim.scenarios.operator import CommandRefused
from tests.cli.command import patched


class Desk:
    """Types commands for the books of a ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._environment = {
            "TAPLEDGER_DATABASE_URL": ledger.settings.database_url.render_as_string(hide_password=False),
            "TAPLEDGER_SECRET_KEY": ledger.settings.secret_key,
        }

    def type(self, *words: str) -> Any:
        """Type a command, and return what it prints as JSON; CommandRefused when it is refused."""
        out, err = StringIO(), StringIO()
        argv = ["tapledger", *words, "--json"]
        with patched(os.environ, self._environment), patched(vars(sys), {"argv": argv}):
            try:
                with redirect_stdout(out), redirect_stderr(err):
                    main()
            except SystemExit as ended:
                if ended.code:
                    raise CommandRefused(err.getvalue().strip()) from ended
        return json.loads(out.getvalue())
