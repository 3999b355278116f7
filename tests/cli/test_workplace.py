"""A server's folder: gone when it stops, and when it was killed, as soon as the next one starts."""

from __future__ import annotations

import subprocess
import sys
import tempfile

import pytest

from ledger.cli.workplace import PREFIX, Workplace, workplace

_HOLD = """
import sys
from ledger.cli.workplace import workplace
with workplace() as held:
    (held.path / "figures").mkdir()
    print(held.path.name, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Return the folder for temporary files of this test's servers."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def other():
    """Give another process that has a workplace, and the name of it."""
    held = subprocess.Popen(
        [sys.executable, "-c", _HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    yield held, held.stdout.readline().strip()
    held.kill()
    held.communicate()


def test_a_workplace_is_gone_when_its_server_stops(folder):
    with workplace() as own:
        (own.path / "writer").touch()
        assert [own.path] == list(folder.iterdir())
    assert list(folder.iterdir()) == []


def test_what_a_killed_server_has_left_is_cleared_away_and_what_is_in_use_is_not(folder, other):
    process, name = other
    with workplace() as own:
        assert {path.name for path in folder.iterdir()} == {own.path.name, name}
        process.kill()
        process.wait()
        with workplace() as late:
            assert {path.name for path in folder.iterdir()} == {own.path.name, late.path.name}


def test_what_only_looks_like_a_workplace_is_left_alone(folder):
    (folder / "diary").mkdir()
    (folder / f"{PREFIX}link").symlink_to(folder / "diary")
    (folder / f"{PREFIX}file").write_text("x")
    with workplace():
        pass
    assert {path.name for path in folder.iterdir()} == {"diary", f"{PREFIX}link", f"{PREFIX}file"}


def test_a_workplace_that_another_server_took_for_forgotten_is_made_anew(folder, monkeypatch):
    made = []

    def mkdtemp(prefix):
        path = folder / f"{prefix}{len(made)}"
        made.append(path)
        path.mkdir()
        if path == made[0]:
            Workplace(path).remove()
        return str(path)

    monkeypatch.setattr(tempfile, "mkdtemp", mkdtemp)
    with workplace() as own:
        assert own.path == made[1]
