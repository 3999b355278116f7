"""Brings the database's schema up to date, forward only, by the Alembic migrations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

from ledger.foundation.errors import Unavailable
from ledger.storage.database import Database, is_missing
from ledger.storage.reader import Reader
from ledger.storage.tables import lock_schema

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"


class SchemaOutdated(Unavailable):
    """The database has no schema yet, or an older or newer one than this version needs."""

    code = "schema_outdated"
    message = "The database's schema does not fit this version: run `tapledger db upgrade`."


def upgrade(engine: Engine) -> tuple[str | None, str]:
    """Migrate to the newest schema; returns the revision before and after. A second run changes nothing.

    It is done whole or not at all. Refuses with SchemaOutdated when the database is newer than this
    version, whose migrations end before it.
    """
    # Imported here only: every command looks at the schema, and without this it starts a fifth sooner.
    from alembic import command

    config = _config()
    # The lock comes first: of two upgrades at the same moment the second finds the work done.
    with Database(engine).writing() as connection:
        lock_schema(Reader(connection))
        before = _revision(connection)
        if before is not None and before not in _known(config):
            raise SchemaOutdated("The database's schema is newer than this version: install a newer version.")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return before, newest()


def require_current(engine: Engine) -> None:
    """Refuse with SchemaOutdated unless the schema is the one that this version was made for.

    An SQLite file that is not there is refused too, and not made.
    """
    if is_missing(engine.url):
        raise SchemaOutdated(
            f"There are no books in {engine.url.database}; `tapledger db upgrade` makes them."
        )
    if revision(engine) != newest():
        raise SchemaOutdated


def revision(engine: Engine) -> str | None:
    """Return the revision that the database is at, or None when it has no schema."""
    with engine.connect() as connection:
        return _revision(connection)


def newest() -> str:
    """Return the newest revision that this version knows: its file's name begins with it."""
    return max(path.name for path in (MIGRATIONS / "versions").glob("*.py")).partition("_")[0]


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.scalar(text("SELECT version_num FROM alembic_version"))


def _known(config: Config) -> set[str]:
    from alembic.script import ScriptDirectory

    return {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config
