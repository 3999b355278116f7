"""Copying by cable: everything that a device carries, and nothing of what it keeps."""

from __future__ import annotations

import ast
import json
import os
import subprocess

import pytest

from ledger.bundles.deploy import KEPT, deployment
from ledger.bundles.errors import SourcesUnusable
from ledger.bundles.sources import CHECKOUT, modules, version_of

PORT = "/dev/ttyUSB0"


def test_all_of_the_firmware_is_copied_to_where_it_belongs():
    plan = deployment(CHECKOUT, PORT)
    assert plan.copies == tuple((str(CHECKOUT / path), f":/{path}") for path in modules(CHECKOUT))
    assert {":/boot.py", ":/main.py", ":/slots.py", ":/app.py", ":/ota/install.py"} <= {
        there for _, there in plan.copies
    }


def test_the_list_for_mip_names_the_same_files():
    package = json.loads((CHECKOUT / "package.json").read_text())
    assert package["version"] == version_of(CHECKOUT)
    copied = [there for _, there in deployment(CHECKOUT, PORT).copies]
    assert [f":/{target}" for target, _ in package["urls"]] == copied


def test_the_one_command_makes_folders_copies_and_leaves_the_slots():
    plan = deployment(CHECKOUT, PORT)
    words = list(plan.command[3:])
    assert words[:3] == ["connect", PORT, "exec"]
    copied = [tuple(words[at + 2 : at + 4]) for at, word in enumerate(words) if word == "fs"]
    assert tuple(copied) == plan.copies
    scripts = [words[at + 1] for at, word in enumerate(words) if word == "exec"]
    assert len(scripts) == 2
    for script in scripts:
        ast.parse(script)
    assert words[-5:] == ["+", "exec", scripts[1], "+", "reset"]


def test_the_folders_are_made_and_the_choice_is_removed_by_what_runs_on_the_device(tmp_path, monkeypatch):
    scripts = [word for word in deployment(CHECKOUT, PORT).command if word.startswith("import os")]
    made, removed = [], []
    monkeypatch.setattr(os, "mkdir", made.append)
    monkeypatch.setattr(os, "remove", removed.append)
    for script in scripts:
        exec(script, {})
    assert set(made) == {path.rpartition("/")[0] for path in modules(CHECKOUT)} - {""}
    assert removed == ["/boot.sel"]


def test_what_a_person_or_the_device_made_stays_as_it_is():
    plan = deployment(CHECKOUT, PORT)
    for name in KEPT:
        assert not [there for _, there in plan.copies if there.startswith(f":/{name}")]
        assert not [word for word in plan.command if f"/{name}" in word]


def test_the_public_key_comes_along_when_it_is_given(tmp_path):
    assert (str(tmp_path / "k.json"), ":/update_key.json") in deployment(
        CHECKOUT, PORT, tmp_path / "k.json"
    ).copies


def test_mpremote_understands_the_command_up_to_the_board_that_is_not_there(tmp_path):
    command = deployment(CHECKOUT, str(tmp_path / "no-board")).command
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    assert "failed to access" in ended.stdout + ended.stderr


def test_what_is_no_firmware_is_not_copied(tmp_path):
    with pytest.raises(SourcesUnusable):
        deployment(tmp_path, PORT)
