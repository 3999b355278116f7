"""Updates in a story: a changed firmware that an operator builds, signs and publishes for one terminal."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from terminal_sim.machine import FIRMWARE, Machine
from terminal_sim.scenarios.operator import Operator

DEVICE_KEY = "/update_key.json"
_VERSION = '"""The version."""\n\nVERSION = "{version}"\n'


class Releases:
    """Keys, and the folder in which versions are made; close it to remove them."""

    def __init__(self, operator: Operator) -> None:
        self._operator = operator
        self._folder = TemporaryDirectory(prefix="tapledger-scenario-")
        self._private, self._public = self._path("key.pem"), self._path("update_key.json")
        operator.type("firmware", "keys", "--private", str(self._private), "--public", str(self._public))

    def let_trust(self, machine: Machine) -> None:
        """Give a device the key of updates, as a person with a cable does."""
        machine.cut_power()
        machine.device.files().write(DEVICE_KEY, self._public.read_bytes())
        machine.boot()

    def publish(self, version: str, changes: dict[str, str], terminal: str) -> None:
        """Publish the firmware with some files changed as a new version for one terminal alone."""
        source, bundle = self._path(f"firmware-{version}"), self._path(f"{version}.zip")
        shutil.copytree(FIRMWARE, source, ignore=shutil.ignore_patterns("__pycache__"))
        for path, text in {"system/version.py": _VERSION.format(version=version), **changes}.items():
            (source / path).write_text(text, encoding="utf-8")
        building = ("--board", "simulator", "--source", str(source), "--output", str(bundle))
        self._operator.type("firmware", "build", *building)
        self._operator.type("firmware", "sign", str(bundle), "--key", str(self._private))
        trial = ("--key", str(self._public), "--only-terminal", terminal)
        self._operator.type("firmware", "publish", str(bundle), *trial)

    def close(self) -> None:
        """Remove keys and folder."""
        self._folder.cleanup()

    def _path(self, name: str) -> Path:
        return Path(self._folder.name) / name
