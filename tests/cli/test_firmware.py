"""`tapledger firmware`: from the keys to what is offered, and what is refused on the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.command import Command


@pytest.fixture
def keys(command: Command) -> Path:
    """Make the keys beside the books."""
    command.data("firmware", "keys")
    return command.books.parent


def test_a_bundle_is_built_signed_published_listed_and_withdrawn(command: Command, keys: Path):
    built = command.data("firmware", "build", "--board", "simulator")
    assert (built["file"], built["is_signed"]) == (f"tapledger-simulator-{built['version']}.zip", False)
    unsigned = command.run("firmware", "publish", built["file"], "--key", "update_key.json")
    assert (unsigned.returncode, unsigned.stdout) == (2, "")
    assert "is not signed: `tapledger firmware sign`" in unsigned.stderr
    assert command.data("firmware", "sign", built["file"], "--key", "firmware-key.pem")["is_signed"]
    published = command.data("firmware", "publish", built["file"], "--key", "update_key.json")
    assert (published["board"], published["terminal"]) == ("simulator", None)
    assert command.data("firmware", "list") == [published]
    command.data("firmware", "withdraw", "simulator", built["version"])
    assert "nobody, withdrawn" in command.run("firmware", "list").stdout


def test_bad_input_is_one_line(command: Command, keys: Path, tmp_path: Path):
    nothing, private = str(tmp_path / "nothing"), str(keys / "firmware-key.pem")
    build = ("firmware", "build", "--board")
    assert "There is no board 'toaster'" in command.refused(*build, "toaster")
    assert "no folder of the firmware" in command.refused(*build, "simulator", "--source", str(tmp_path))
    assert "is no bundle" in command.refused("firmware", "sign", nothing, "--key", private)
    assert "is no bundle" in command.refused("firmware", "publish", private, "--key", private)
    assert "Nothing is published" in command.refused("firmware", "withdraw", "simulator", "1.0.0")
    assert "no public key" in command.refused("firmware", "deploy", "--port", nothing, "--key", private)
    assert "never replaced" in command.refused("firmware", "keys", "--private", private)


def test_a_dry_run_shows_what_would_be_copied_and_needs_no_board(command: Command):
    shown = command.run("firmware", "deploy", "--port", "/dev/none", "--dry-run")
    assert shown.returncode == 0
    assert " -> :/main.py" in shown.stdout
    assert "config.json, ca.der and /state stay as they are" in shown.stdout
    ended = command.run("firmware", "deploy", "--port", "/dev/none")
    assert ended.returncode == 2
    assert "the board was not copied to: mpremote: failed to access /dev/none" in ended.stderr
