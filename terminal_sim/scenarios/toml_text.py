"""Values as TOML writes them."""

from __future__ import annotations

import json
import re
from typing import Any

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def pairs_text(table: dict[str, Any]) -> list[str]:
    """Return the pairs of a table, each as a line has it."""
    return [f"{key_text(key)} = {value_text(value)}" for key, value in table.items()]


def key_text(key: str) -> str:
    """Return a key, in quotes when it needs them."""
    return key if _BARE_KEY.fullmatch(key) else value_text(key)


def value_text(value: Any) -> str:
    """Return a text, a number, a truth, a list or a table, on one line."""
    if isinstance(value, dict):
        pairs = ", ".join(pairs_text(value))
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(value_text(each) for each in value)}]"
    if isinstance(value, str):
        # JSON's texts are TOML's too, but for this one character.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return json.dumps(value)
