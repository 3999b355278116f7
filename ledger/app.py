"""The roof: puts the ledger, its dialects and its pages together into one Flask application."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Engine

from ledger.dialects.terminal.dialect import TERMINAL
from ledger.foundation.clock import Clock
from ledger.foundation.ids import Ids
from ledger.portal import portal
from ledger.service import Ledger
from ledger.settings import Settings
from ledger.storage.database import Database, make_engine
from ledger.tables import Base
from ledger.web import errors, headers, health, limits, metrics, observation, pairing_page
from ledger.web.dispatch import EXTENSION, end_reading
from ledger.web.front import Front
from ledger.web.openapi import publish
from ledger.writer.client import WriterClient
from ledger.writer.line import WriterLine

__all__ = ["DIALECTS", "Application", "create_app", "create_front"]

DIALECTS = (TERMINAL,)


class Application(Flask):
    """Flask without the question whether a function is asynchronous, which it asks twenty times a request."""

    def ensure_sync(self, func: Callable) -> Callable:
        """Return the function: none here is asynchronous."""
        return func


class BoundSQLAlchemy(SQLAlchemy):
    """Flask-SQLAlchemy over the house's own tables, with the engine that storage makes."""

    def _make_engine(self, bind_key: str | None, options: dict, app: Flask) -> Engine:
        return make_engine(options["url"])


def create_app(
    settings: Settings | None = None,
    *,
    clock: Clock | None = None,
    ids: Ids | None = None,
    writer_address: Path | None = None,
) -> Flask:
    """Create the application; settings come from the environment unless they are given.

    With a writer's address it asks that one to book, else it books itself.
    Refuses with SchemaOutdated when the database has not been migrated.
    """
    settings = settings or Settings.from_environment()
    app = Application("ledger", static_folder="web/static", template_folder="web/templates")
    app.url_map.strict_slashes = False
    app.json.sort_keys = False
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database_url
    app.extensions[EXTENSION] = ledger = _open_ledger(app, settings, clock, ids)
    if writer_address is not None:
        ledger.runner = _writer(writer_address, ledger)
    observation.install(app, DIALECTS)
    health.install(app)
    metrics.install(app)
    pairing_page.install(app)
    for dialect in DIALECTS:
        publish(app, dialect)
    portal.install(app)
    errors.install(app, (*DIALECTS, portal.PORTAL))
    headers.install(app)
    limits.install(app)
    app.teardown_request(end_reading)
    return app


def create_front(*, writer_address: Path) -> Front:
    """Create what a worker of our own server serves: the application, and the short way beside it.

    Settings come from the environment.
    """
    app = create_app(writer_address=writer_address)
    return Front(app, DIALECTS, WriterLine(writer_address).run)


def _open_ledger(app: Flask, settings: Settings, clock: Clock | None, ids: Ids | None) -> Ledger:
    bound = BoundSQLAlchemy(app, model_class=Base)
    with app.app_context():
        ledger = Ledger(Database(bound.engine), settings, clock=clock, ids=ids)
    ledger.require_current_schema()
    return ledger


def _writer(address: Path, ledger: Ledger) -> WriterClient:
    is_sqlite = ledger.database.engine.dialect.name == "sqlite"
    return WriterClient(address, ledger.runner, everything=is_sqlite)
