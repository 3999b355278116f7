"""`tapledger serve`: says where it listens, answers, and stops when it is told to."""

from __future__ import annotations

import json
import signal
import urllib.error
import urllib.request

import pytest

from tests.cli.command import Command


def test_without_any_setting_the_books_lie_under_var_where_the_command_was_started(command: Command):
    command.environment.pop("TAPLEDGER_DATABASE_URL")
    assert command.data("db", "upgrade")["database"].endswith(f"{command.books.parent}/var/tapledger.db")
    process = command.start("serve", "--port", "0", "--workers", "1")
    try:
        url = process.stdout.readline().split()[-1]
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(f"{url}/pos/terminal", timeout=20)
    finally:
        process.terminate()
        process.communicate(timeout=30)


def test_the_server_says_where_it_listens_answers_and_stops(command: Command):
    token = command.data("terminal", "add", "coffee", "--name", "Coffee", "--permission", "debit")[
        "api_token"
    ]
    process = command.start("serve", "--port", "0", "--workers", "1")
    try:
        said = process.stdout.readline()
        assert said.startswith("listening on http://127.0.0.1:")
        request = urllib.request.Request(
            f"{said.split()[-1]}/pos/terminal", headers={"Authorization": f"Bearer {token}"}
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            assert json.load(answer)["data"]["id"] == "coffee"
    finally:
        process.send_signal(signal.SIGTERM)
        _, complaints = process.communicate(timeout=30)
    assert process.returncode == 0, complaints
