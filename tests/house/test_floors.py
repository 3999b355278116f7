"""The floors: what may lean on what."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.house.rules import imports
from tests.house.sources import ROOT, python_files, tree

# What MicroPython brings along on the boards that we build for.
MICROPYTHON = {
    "array", "asyncio", "binascii", "builtins", "collections", "deflate", "errno", "esp32",
    "framebuf", "gc",
    "hashlib", "io", "json", "machine", "micropython", "network", "ntptime", "os", "random", "re", "rp2",
    "select", "socket", "ssl", "struct", "sys", "time", "uctypes", "vfs",
}  # fmt: skip
# Runs on a computer, not on the device: it tells the build tool what to freeze.
FIRMWARE_BUILD_FILES = {"manifest.py"}
# The simulator's own parts beside the standard library; `smartcard` and `nfc` drive readers on the desk, the
# others draw what a printer prints.
SIMULATOR_PARTS = {"terminal_sim", "littlefs", "click", "smartcard", "nfc", "PIL", "segno", "barcode"}
# Its board in the browser, and nothing else of it.
PAGE_PARTS = {"flask", "werkzeug"}


def test_every_floor_leans_on_those_below_it_only():
    # In a process of its own: the linter switches off every logger that exists when it starts.
    linter = Path(sysconfig.get_path("scripts")) / "lint-imports"
    ended = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "0 broken" in ended.stdout


def _foreign(paths: list[Path], allowed: set[str]) -> list[str]:
    named = ((path, name) for path in paths for name in imports(tree(path)))
    return [f"{path} imports {name}" for path, name in named if name.split(".")[0] not in allowed]


def test_the_foundation_imports_the_standard_library_only():
    foundation = [path for path in python_files("ledger") if path.parts[1] == "foundation"]
    named = [(path, name) for path in foundation for name in imports(tree(path))]
    foreign = [
        f"{path} imports {name}"
        for path, name in named
        if not name.startswith("ledger.foundation.") and name.split(".")[0] not in sys.stdlib_module_names
    ]
    assert len(foundation) >= 9
    assert foreign == []


def test_the_firmware_imports_its_own_modules_and_those_of_micropython():
    files = [path for path in python_files("firmware") if path.name not in FIRMWARE_BUILD_FILES]
    own = {path.parts[1].removesuffix(".py") for path in files}
    assert files
    assert _foreign(files, own | MICROPYTHON) == []


def test_the_simulator_stands_on_the_standard_library_and_its_own_parts():
    # The shims run inside the VM, where MicroPython's modules are what there is.
    files = [path for path in python_files("terminal_sim") if "shims" not in path.parts]
    assert files
    page = [path for path in files if "web" in path.parts]
    assert _foreign(page, sys.stdlib_module_names | SIMULATOR_PARTS | PAGE_PARTS) == []
    assert _foreign(sorted({*files} - {*page}), sys.stdlib_module_names | SIMULATOR_PARTS) == []


@pytest.mark.parametrize("path", python_files("tests"), ids=str)
def test_a_fake_behaves_and_no_mock_agrees(path):
    forbidden = {"unittest.mock", "mock", "pytest_mock"}
    assert forbidden.isdisjoint(imports(tree(path)))
