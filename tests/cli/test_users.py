"""`tapledger user …`: who runs the house, and how they come in."""

from __future__ import annotations

import json
import subprocess

from tests.cli.command import TAPLEDGER, Command


def _with_password(command: Command, *words: str, password: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [TAPLEDGER, *words, "--json"],
        env=command.environment,
        input=f"{password}\n",
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_person_is_added_with_a_password_and_given_a_new_one(command: Command):
    added = _with_password(
        command, "user", "add", "ada", "--role", "admin", "--password", password="long enough"
    )
    assert (added.returncode, json.loads(added.stdout)["username"]) == (0, "ada")
    changed = _with_password(command, "user", "password", "ada", password="another long one")
    assert changed.returncode == 0, changed.stderr
    nobody = _with_password(command, "user", "password", "ben", password="long enough")
    assert (nobody.returncode, "no operator of that name" in nobody.stderr) == (2, True)


def test_a_weak_password_is_refused_and_nobody_is_added(command: Command):
    refused = _with_password(command, "user", "add", "ada", "--role", "admin", "--password", password="short")
    assert (refused.returncode, "10 to 256 characters" in refused.stderr) == (2, True)
    assert command.data("user", "add", "ada", "--role", "staff")["role"] == "staff"


def test_the_name_of_an_earlier_version_goes_on_working(command: Command):
    assert command.data("operator", "add", "ada", "--role", "staff")["username"] == "ada"
    assert "operator" not in command.run("--help").stdout


def test_the_server_tells_the_code_of_the_set_up_page_until_somebody_can_sign_in(command: Command):
    assert "asks for the code" in _second_line(command)
    _with_password(command, "user", "add", "ada", "--role", "admin", "--password", password="long enough")
    assert _second_line(command) == ""


def _second_line(command: Command) -> str:
    process = command.start("serve", "--port", "0", "--workers", "1")
    assert process.stdout.readline().startswith("listening on")
    process.terminate()
    said = process.stdout.read()
    _, complaints = process.communicate(timeout=30)
    assert process.returncode == 0, complaints
    return said
