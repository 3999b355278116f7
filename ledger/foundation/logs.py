"""The log: one JSON object a line, which names the request that it is about."""

from __future__ import annotations

import json
import logging
from contextvars import ContextVar
from typing import Any

from ledger.foundation.clock import written

# The id of the request that is being answered; empty outside of one.
request_id: ContextVar[str] = ContextVar("request_id", default="")


class JsonFormatter(logging.Formatter):
    """Writes a record as one line of JSON: time, level, logger, message, request_id, facts, traceback.

    A record's `facts`, given by `extra={"facts": {…}}`, become fields of their own.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = {
            "time": written(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if about := request_id.get():
            line["request_id"] = about
        line.update(getattr(record, "facts", ()))
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line)


def log_facts(log: logging.Logger, message: str, facts: dict[str, Any]) -> None:
    """Log facts at INFO, without looking for the line of code that does so: it costs as much as the rest."""
    log.handle(log.makeRecord(log.name, logging.INFO, "", 0, message, (), None, extra={"facts": facts}))


def log_to_stderr(level: str) -> None:
    """Log to standard error as JSON: from `level` on what is ours, from warnings on what is of others."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("ledger").setLevel(level.upper())
