"""`tapledger serve`: says where it listens, answers, and stops when it is told to."""

from __future__ import annotations

import json
import signal
import socket
import tempfile
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


def test_senders_who_stall_do_not_stop_the_ledger(command: Command):
    token = command.data("terminal", "add", "coffee", "--name", "Coffee", "--permission", "all")["api_token"]
    command.data("wallet", "open", "--token", "04A2246B7E1190")
    process = command.start("serve", "--port", "0", "--workers", "1")
    try:
        address = process.stdout.readline().split("http://")[1].strip()
        host, port = address.split(":")
        # A debit whose JSON is whole, while its head promises more: a sender cut off in the middle.
        body = '{"amount": 5, "description": "x"}'
        head = "POST /pos/wallets/token/04A2246B7E1190/transactions HTTP/1.1\r\nHost: x\r\n"
        head += f"Authorization: Bearer {token}\r\nContent-Type: application/json\r\n"
        head += "Content-Length: 99\r\n\r\n"
        stalled = [socket.create_connection((host, int(port))) for _ in range(12)]
        for connection in stalled:
            connection.sendall((head + body).encode())
        request = urllib.request.Request(
            f"http://{address}/pos/wallets/token/04A2246B7E1190", headers={"Authorization": f"Bearer {token}"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert json.load(answer)["data"]["balance"] == 0
        for connection in stalled:
            connection.close()
    finally:
        process.terminate()
        process.communicate(timeout=30)
    assert command.data("wallet", "show", "04A2246B7E1190")["balance"] == 0


def test_a_port_that_is_taken_is_said_in_one_line(command: Command):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert "cannot listen" in command.refused("serve", "--port", port)
    assert "cannot listen" in command.refused("serve", "--host", "nowhere.invalid")


def test_a_server_without_a_place_for_temporary_files_says_so_in_one_line(command: Command, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(command.books / "nowhere"))
    assert "TMPDIR says where" in command.refused("serve", "--port", "0")
