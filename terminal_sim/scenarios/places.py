"""Where in a story's file something stands: tomllib keeps no lines, so they are looked for in the text."""

from __future__ import annotations

import re

_STEP = re.compile(r"\s*\[\[\s*steps\s*\]\]")
_HEADER = re.compile(r"\s*\[")
_IN_TOML_ERROR = re.compile(r"\(at line (\d+),? column \d+\)")


class Places:
    """The lines of a story's file, counted from 1."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()

    def of_step(self, number: int, key: str | None = None) -> int:
        """Return the line of the n-th step, or of a key in it."""
        steps = [line for line, text in enumerate(self._lines, 1) if _STEP.match(text)]
        if number > len(steps):
            # They are written in another way, such as steps = [{...}, ...].
            return self.of_key("steps")
        return self._key_behind(steps[number - 1], key)

    def of_table(self, name: str, key: str | None = None) -> int:
        """Return the line of a table such as terminals.coffee, or of a key in it."""
        header = re.compile(rf"\s*\[\s*{re.escape(name)}\s*\]")
        for line, text in enumerate(self._lines, 1):
            if header.match(text):
                return self._key_behind(line, key)
        parent, _, last = name.rpartition(".")
        return self.of_table(parent, last) if parent else self.of_key(name)

    def of_key(self, key: str) -> int:
        """Return the line in which a key of the file stands for the first time."""
        return self._first(1, _of_key(key)) or 1

    def _key_behind(self, header: int, key: str | None) -> int:
        if key is None:
            return header
        ends = self._first(header + 1, _HEADER) or len(self._lines) + 1
        found = self._first(header + 1, _of_key(key))
        return found if found is not None and found < ends else header

    def _first(self, begin: int, pattern: re.Pattern[str]) -> int | None:
        lines = enumerate(self._lines[begin - 1 :], begin)
        return next((line for line, text in lines if pattern.match(text)), None)


def in_toml_error(message: str) -> tuple[int | None, str]:
    """Return the line that tomllib names, when it names one, and what it says without it."""
    found = _IN_TOML_ERROR.search(message)
    return (int(found[1]) if found else None), _IN_TOML_ERROR.sub("", message).strip()


def _of_key(key: str) -> re.Pattern[str]:
    return re.compile(rf"""\s*["']?{re.escape(key)}["']?\s*[=.]""")
