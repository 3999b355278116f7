"""Remembers answers: records to JSON values and back, by the records' own type hints."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from datetime import datetime
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

_ATOMS = (str, int, NoneType)


def plain(value: Any) -> Any:
    """Turn a record, or a command's arguments, into JSON values.

    A field declared with SECRET is left empty: what is shown once is not remembered.
    """
    if isinstance(value, _ATOMS):
        return value
    if dataclasses.is_dataclass(value):
        return {name: plain(getattr(value, name)) for name in _kept_fields(type(value))}
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value.isoformat() if isinstance(value, datetime) else value


@cache
def _kept_fields(record: type) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(record) if not field.metadata.get("secret"))


def restore(kind: Any, value: Any) -> Any:
    """Make a value of type `kind` from what `plain` made of it."""
    if get_origin(kind) in (Union, UnionType):
        present = [choice for choice in get_args(kind) if choice is not NoneType]
        return None if value is None else restore(present[0], value)
    if get_origin(kind) is tuple:
        return tuple(restore(get_args(kind)[0], item) for item in value)
    if dataclasses.is_dataclass(kind):
        hints = get_type_hints(kind)
        return kind(**{name: restore(hints[name], item) for name, item in value.items()})
    if kind is datetime:
        return datetime.fromisoformat(value)
    return kind(value)


# Made once; and it writes most arguments without asking `plain`, which is called for what is no JSON value.
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=plain)


def fingerprint(command_name: str, arguments: dict[str, Any]) -> str:
    """Return a hash that two requests share only if they ask for the same thing."""
    return hashlib.sha256(_CANONICAL.encode([command_name, arguments]).encode()).hexdigest()
