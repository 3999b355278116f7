"""Brings the database's schema up to date, forward only, by the Alembic migrations."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from ledger.foundation.errors import Unavailable

MIGRATIONS = Path(__file__).parent / "migrations"


class SchemaOutdated(Unavailable):
    """The database has no schema yet, or an older or newer one than this version needs."""

    code = "schema_outdated"
    message = "The database's schema does not fit this version: run `tapledger db upgrade`."


def upgrade(engine: Engine) -> tuple[str | None, str]:
    """Migrate to the newest schema; returns the revision before and after. A second run changes nothing."""
    before = revision(engine)
    config = _config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return before, newest()


def require_current(engine: Engine) -> None:
    """Refuse with SchemaOutdated unless the schema is the one that this version was made for."""
    if revision(engine) != newest():
        raise SchemaOutdated


def revision(engine: Engine) -> str | None:
    """Return the revision that the database is at, or None when it has no schema."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest() -> str:
    """Return the newest revision that this version knows."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config
