"""Publishes version after version of the firmware for one terminal; they differ in their number only."""

from __future__ import annotations

import shutil
from itertools import count
from pathlib import Path

from ledger.bundles.build import build, compiled
from ledger.bundles.public_key import read_public_key
from ledger.bundles.signing import make_keys, sign
from ledger.bundles.sources import CHECKOUT
from ledger.domain.firmware.commands import publish
from ledger.domain.firmware.records import FileEntry, Manifest
from ledger.domain.firmware.rules import sha256_of, write_manifest
from ledger.foundation.actor import operator_on_this_machine
from ledger.foundation.progress import quietly
from ledger.service import Ledger

VERSION = Path("system/version.py")


class Publisher:
    """Keys, a folder of sources, and the modules that were compiled of them once."""

    def __init__(self, ledger: Ledger, folder: Path, terminal: str) -> None:
        self._ledger, self._folder, self._terminal = ledger, folder / "firmware", terminal
        self._private, self._public = folder / "key.pem", folder / "update_key.json"
        make_keys(self._private, self._public)
        shutil.copytree(CHECKOUT, self._folder, ignore=shutil.ignore_patterns("__pycache__"))
        first = build(self._folder, "simulator", quietly)
        self._contents, self._mpy, self._numbers = dict(first.contents), first.head.mpy, count(1)

    @property
    def public_key(self) -> bytes:
        """The devices' key."""
        return self._public.read_bytes()

    def publish(self) -> str:
        """Publish the next version and return it."""
        version = f"9.0.{next(self._numbers)}"
        (self._folder / VERSION).write_text(f'"""The version."""\n\nVERSION = "{version}"\n')
        self._contents["system/version.mpy"] = compiled(self._folder / VERSION, VERSION.as_posix())
        named = self._contents.items()
        files = tuple(FileEntry(path, len(content), sha256_of(content)) for path, content in named)
        manifest = write_manifest(Manifest(version, "simulator", self._mpy, files))
        self._ledger.run(
            publish,
            actor=operator_on_this_machine(),
            manifest=manifest,
            signature=sign(manifest, self._private),
            modulus=read_public_key(self._public),
            contents=list(self._contents.values()),
            only_terminal=self._terminal,
        )
        return version
