"""The files that the house rules are held against: what git tracks, parsed once."""

from __future__ import annotations

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@cache
def tracked_files() -> tuple[Path, ...]:
    """Return every file of the repository that exists, relative to its root."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return tuple(Path(name) for name in listed.split("\0") if name and (ROOT / name).is_file())


@cache
def text(path: Path) -> str:
    """Return a file's text, or an empty string when it is no text."""
    try:
        return (ROOT / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def python_files(*folders: str) -> list[Path]:
    """Return the tracked Python files, of some top-level folders or of all."""
    chosen = [path for path in tracked_files() if path.suffix == ".py"]
    return [path for path in chosen if not folders or path.parts[0] in folders]


@cache
def tree(path: Path) -> ast.Module:
    """Return a Python file's syntax tree."""
    return ast.parse(text(path), filename=str(path))
