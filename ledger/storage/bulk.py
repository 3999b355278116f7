"""Statements for many rows at once: what a group of commands writes, and what it looks up together."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BindParameter,
    ColumnElement,
    Dialect,
    Executable,
    FromClause,
    String,
    Text,
    bindparam,
    cast,
    column,
    func,
    insert,
    select,
    update,
)

from ledger.storage.columns import Base
from ledger.storage.prepared import Prepared

_ROWS = "rows"
_KEY = "of_"


class Bulk:
    """A row that is inserted or changed: alone, or in one statement with others of its sort.

    The columns `names` are written; with a `key` they are those of the row that has this column's value,
    given as `of_<key>`, otherwise the row is new.
    """

    def __init__(self, table: type[Base], names: Sequence[str], *, key: str | None = None) -> None:
        # Built when they are first used: a foreign key learns its type from a table that comes later.
        self.one = Prepared(lambda _: _one_of(table, names, key))
        self._many = Prepared(lambda _: _many_of(table, names, key))

    def write(self, driver: Any, dialect: Dialect, rows: list[dict[str, Any]]) -> None:
        """Write rows in their order; a column that one does not give is left empty."""
        if dialect.name == "postgresql":
            # One message and one plan in place of hundreds.
            self._many.run(driver, dialect, {_ROWS: sent(rows)})
        else:
            self.one.run_many(driver, dialect, rows)


def columns_of(table: type[Base]) -> list[str]:
    """Return the names of a table's columns without `id`, which the database draws."""
    return [each.name for each in table.__table__.columns if each.name != "id"]


def rows_of(table: type[Base], names: Sequence[str], key: str | None = None) -> FromClause:
    """Return rows that come as the parameter `rows`, made by `sent`, as if they were a table (PostgreSQL)."""
    types = table.__table__.columns
    columns = [column(name, types[name].type) for name in names]
    if key is not None:
        columns.append(column(f"{_KEY}{key}", types[key].type))
    came = cast(bindparam(_ROWS, type_=Text), JSON)
    return func.json_to_recordset(came).table_valued(*columns).render_derived("sent", with_types=True)


def is_among(dialect_name: str, wanted: ColumnElement, name: str) -> ColumnElement[bool]:
    """Say whether a column is one of the values that come as the parameter `name`, made by `sent`."""
    came = bindparam(name, type_=Text)
    if dialect_name == "postgresql":
        each = func.json_array_elements_text(cast(came, JSON)).table_valued(column("value", Text))
    else:
        each = func.json_each(came).table_valued("value")
    value = each.c.value if isinstance(wanted.type, String) else cast(each.c.value, wanted.type)
    return wanted.in_(select(value))


def parameters(table: type[Base], names: Sequence[str]) -> dict[str, BindParameter]:
    """Return a parameter for each of these columns of a table; one that is not given leaves it empty."""
    types = table.__table__.columns
    return {name: bindparam(name, None, type_=types[name].type) for name in names}


def sent(values: Sequence[Any]) -> str:
    """Write rows, or texts, as the one text in which they travel to the database."""
    return json.dumps(values, default=datetime.isoformat)


def _one_of(table: type[Base], names: Sequence[str], key: str | None) -> Executable:
    values = parameters(table, names)
    if key is None:
        return insert(table).values(values)
    column_of_key = table.__table__.columns[key]
    given = bindparam(f"{_KEY}{key}", type_=column_of_key.type)
    return update(table).where(column_of_key == given).values(values)


def _many_of(table: type[Base], names: Sequence[str], key: str | None) -> Executable:
    rows = rows_of(table, names, key)
    if key is None:
        return insert(table).from_select(list(names), select(*rows.c))
    same = table.__table__.columns[key] == rows.c[f"{_KEY}{key}"]
    return update(table).where(same).values({name: rows.c[name] for name in names})
