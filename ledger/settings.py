"""One frozen set of settings, read once from the environment."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

# What HS256 needs at least (RFC 7518 section 3.2).
SECRET_KEY_LENGTH = 32
DEFAULT_DATABASE_URL = "sqlite:///var/tapledger.db"
_POSTGRESQL = ("postgresql", "postgresql+psycopg")


class InvalidSetting(Exception):
    """A setting in the environment cannot be used; the message names it and says what is expected."""


@dataclass(frozen=True)
class Settings:
    """Where the books are, and what the house has decided.

    TAPLEDGER_DATABASE_URL (SQLAlchemy form: an SQLite file or a PostgreSQL database),
    TAPLEDGER_SECRET_KEY (signs operators' tokens; drawn once and kept beside an SQLite database when
    it is not set, required with PostgreSQL, where several nodes must share it), TAPLEDGER_TIME_ZONE
    (for times that people read), TAPLEDGER_CURRENCY (ISO 4217).
    """

    database_url: URL
    secret_key: str
    time_zone: ZoneInfo
    currency: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read the settings; raises InvalidSetting."""
        url = database_url(environment.get("TAPLEDGER_DATABASE_URL") or DEFAULT_DATABASE_URL)
        return cls(
            database_url=url,
            secret_key=_secret_key(environment.get("TAPLEDGER_SECRET_KEY"), url),
            time_zone=_time_zone(environment.get("TAPLEDGER_TIME_ZONE") or "Europe/Berlin"),
            currency=_currency(environment.get("TAPLEDGER_CURRENCY") or "EUR"),
        )


def database_url(given: str, named: str = "TAPLEDGER_DATABASE_URL") -> URL:
    """Return the URL of a database that can hold the books; raises InvalidSetting, which says whose it is."""
    try:
        url = make_url(given)
    except ArgumentError as error:
        raise InvalidSetting(f"{named} is no SQLAlchemy URL; an example: sqlite:///var/books.db") from error
    if url.drivername in _POSTGRESQL and url.database:
        return _with_driver(url, named)
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        raise InvalidSetting(
            f"{named} must name an SQLite file or a PostgreSQL database;"
            " examples: sqlite:///var/books.db, postgresql://ledger@localhost/books"
        )
    # Absolute from here on: Flask-SQLAlchemy would look for a relative file in a folder of its own.
    return url.set(database=str(Path(url.database).absolute()))


def _secret_key(given: str | None, url: URL) -> str:
    secret_key = given or _default_secret_key(url)
    if len(secret_key) < SECRET_KEY_LENGTH:
        source = "TAPLEDGER_SECRET_KEY" if given else f"{url.database}.key"
        raise InvalidSetting(f"{source} holds fewer than {SECRET_KEY_LENGTH} characters, too few for a key")
    return secret_key


def _with_driver(url: URL, named: str) -> URL:
    # Imported here only: whoever keeps the books in a file needs no driver.
    try:
        import psycopg  # noqa: F401
    except ImportError:
        raise InvalidSetting(
            f"{named} names PostgreSQL;"
            " its driver comes with the extra: pip install 'tapledger[postgresql]'"
        ) from None
    return url.set(drivername="postgresql+psycopg")


def _default_secret_key(url: URL) -> str:
    if url.get_backend_name() == "postgresql":
        raise InvalidSetting(
            "TAPLEDGER_SECRET_KEY must be set with PostgreSQL: every node signs with the same one"
        )
    return _kept_secret_key(url)


def _kept_secret_key(url: URL) -> str:
    path = Path(f"{url.database}.key")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _keep(path, secrets.token_urlsafe(32))
        return path.read_text()
    except OSError as error:
        reason = f"{path.parent} cannot be written: {error.strerror}"
        raise InvalidSetting(f"TAPLEDGER_DATABASE_URL: {reason}") from error


def _keep(path: Path, secret_key: str) -> None:
    # Written whole beside its place and then linked there: of several processes that start at once the
    # first wins, and nobody ever reads half a key. A temporary file is private from its first moment.
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f"{path.name}.") as drawn:
        drawn.write(secret_key)
        drawn.flush()
        with suppress(FileExistsError):
            os.link(drawn.name, path)


def _time_zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise InvalidSetting("TAPLEDGER_TIME_ZONE is no time zone; an example: Europe/Berlin") from None


def _currency(code: str) -> str:
    if len(code) != 3 or not code.isascii() or not code.isupper():
        raise InvalidSetting("TAPLEDGER_CURRENCY is no ISO 4217 code; an example: EUR")
    return code
