"""One frozen set of settings, read once from the environment."""

from __future__ import annotations

import os
import re
import secrets
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

# What HS256 needs at least (RFC 7518 section 3.2).
SECRET_KEY_LENGTH = 32
METRICS_TOKEN_LENGTH = 16
MOST_DESK_AMOUNTS = 6
_AMOUNT = re.compile(r"[1-9][0-9]{0,5}")
DEFAULT_DATABASE_URL = "sqlite:///var/tapledger.db"
_POSTGRESQL = ("postgresql", "postgresql+psycopg")
Network = IPv4Network | IPv6Network


class InvalidSetting(Exception):
    """A setting in the environment cannot be used; the message names it and says what is expected."""


def database_url(given: str, named: str = "TAPLEDGER_DATABASE_URL") -> URL:
    """Return the URL of a database that can hold the books; raises InvalidSetting, which says whose it is."""
    # Imported here only: a command that opens no books (`sim`, `--help`) starts in half the time without.
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(given)
    except (ArgumentError, ValueError) as error:  # a port that is no number is a bare ValueError
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


def configured_database_url(environment: Mapping[str, str] = os.environ) -> URL:
    """Return where the books are, or are to be made; raises InvalidSetting."""
    return database_url(environment.get(variable("database_url")) or DEFAULT_DATABASE_URL)


def _secret_key(given: str, source: str = "TAPLEDGER_SECRET_KEY") -> str:
    if given and len(given) < SECRET_KEY_LENGTH:
        raise InvalidSetting(f"{source} holds fewer than {SECRET_KEY_LENGTH} characters, too few for a key")
    return given


def _with_driver(url: URL, named: str) -> URL:
    # Imported here only: whoever keeps the books in a file needs no driver.
    try:
        import psycopg  # noqa: F401
    except ImportError:
        raise InvalidSetting(
            f"{named} names PostgreSQL; its driver comes with the extra: pip install 'tapledger[postgresql]'"
        ) from None
    return url.set(drivername="postgresql+psycopg")


def _default_secret_key(url: URL) -> str:
    if url.get_backend_name() == "postgresql":
        raise InvalidSetting(
            "TAPLEDGER_SECRET_KEY must be set with PostgreSQL: every node signs with the same one"
        )
    return _kept_secret_key(url)


def _kept_secret_key(url: URL) -> str:
    # A key is drawn for books; where there are none, nothing is left behind.
    if not Path(url.database).exists():
        raise InvalidSetting(
            f"TAPLEDGER_DATABASE_URL: there are no books in {url.database}; `tapledger db upgrade` makes them"
        )
    path = Path(f"{url.database}.key")
    try:
        if not path.exists():
            _keep(path, secrets.token_urlsafe(32))
        kept = path.read_text()
    except OSError as error:
        reason = f"{path.parent} cannot be written: {error.strerror}"
        raise InvalidSetting(f"TAPLEDGER_DATABASE_URL: {reason}") from error
    # An empty file is as wrong as a short one, and not the same as none.
    return _secret_key(kept or " ", source=str(path))


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


def _amounts(given: str) -> tuple[int, ...]:
    parts = [part.strip() for part in given.split(",")]
    if len(parts) > MOST_DESK_AMOUNTS or not all(_AMOUNT.fullmatch(part) for part in parts):
        wanted = "a list of cents; an example: 500,1000,2000,5000"
        raise InvalidSetting(f"TAPLEDGER_DESK_AMOUNTS_CENTS must be {wanted}")
    return tuple(int(part) for part in parts)


def _metrics_token(given: str) -> str:
    if given and len(given) < METRICS_TOKEN_LENGTH:
        raise InvalidSetting(f"TAPLEDGER_METRICS_TOKEN holds fewer than {METRICS_TOKEN_LENGTH} characters")
    return given


def _trusted_proxies(given: str) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(part.strip()) for part in given.split(",") if part.strip())
    except ValueError:
        raise InvalidSetting(
            "TAPLEDGER_TRUSTED_PROXIES is no list of addresses; an example: 127.0.0.1,10.0.0.0/24"
        ) from None


@dataclass(frozen=True)
class Setting:
    """How one setting is told to people and read from its variable.

    `default` is what stands for an empty or missing variable; `read` refuses with InvalidSetting.
    """

    meaning: str
    read: Callable[[str], Any]
    default: str = ""
    default_meaning: str = ""
    is_secret: bool = False


def _setting(meaning: str, read: Callable[[str], Any], **options: Any) -> Any:
    return field(metadata={"setting": Setting(meaning, read, **options)})


@dataclass(frozen=True)
class Settings:
    """Where the books are, and what the house has decided; each field is the variable TAPLEDGER_<FIELD>."""

    database_url: URL = _setting(
        "Where the books are, in SQLAlchemy's form: an SQLite file or a PostgreSQL database.",
        database_url,
        default=DEFAULT_DATABASE_URL,
    )
    secret_key: str = _setting(
        "Signs operators' tokens; every node on the same books needs the same one.",
        _secret_key,
        default_meaning="drawn once and kept beside an SQLite file; required with PostgreSQL",
        is_secret=True,
    )
    time_zone: ZoneInfo = _setting(
        "The time zone of times that people read.", _time_zone, default="Europe/Berlin"
    )
    currency: str = _setting("The currency of new wallets, as ISO 4217 code.", _currency, default="EUR")
    desk_amounts_cents: tuple[int, ...] = _setting(
        "What the keys of the desk book: cents, with commas, six at most.",
        _amounts,
        default="500,1000,2000,5000",
    )
    metrics_token: str = _setting(
        "The bearer token that opens /metrics, from anywhere.",
        _metrics_token,
        default_meaning="/metrics answers this machine only",
        is_secret=True,
    )
    trusted_proxies: tuple[Network, ...] = _setting(
        "Proxies whose X-Forwarded-For says where a request came from: addresses or networks, with commas.",
        _trusted_proxies,
        default_meaning="none; the peer of the connection is where it came from",
    )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read the settings of books that are there; raises InvalidSetting."""
        values = {
            name: setting.read(environment.get(variable(name)) or setting.default)
            for name, setting in documented().items()
        }
        values["secret_key"] = values["secret_key"] or _default_secret_key(values["database_url"])
        return cls(**values)


def documented() -> dict[str, Setting]:
    """Return each field of the settings with what is to be known of it."""
    return {each.name: each.metadata["setting"] for each in fields(Settings)}


def variable(name: str) -> str:
    """Return the variable of the environment that a field is read from."""
    return f"TAPLEDGER_{name.upper()}"
