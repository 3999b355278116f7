"""`tapledger sandbox`: a ledger to play with, furnished, and new each time."""

from __future__ import annotations

import json
import urllib.request

from tests.cli.command import Command


def ask(url: str, path: str, api_token: str) -> dict:
    """Ask the sandbox's terminal API, and return the data of its answer."""
    request = urllib.request.Request(f"{url}{path}", headers={"Authorization": f"Bearer {api_token}"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.loads(answer.read())["data"]


def test_a_sandbox_says_what_is_in_it_serves_it_and_is_nobody_elses(command: Command):
    process = command.start("sandbox", "--port", "0", "--json")
    try:
        inside = json.loads(process.stdout.readline())
        url, api_token = inside["url"], inside["terminals"][0]["api_token"]
        assert process.stdout.readline() == f"listening on {url}\n"
        assert [each["id"] for each in inside["terminals"]] == [
            *("coffee_machine", "coin_station", "nfc_terminal", "vending_machine"),
        ]
        assert ask(url, "/pos/terminal", api_token)["friendly_name"] == "Coffee machine"
        for wallet in inside["wallets"]:
            balance_cents = ask(url, f"/pos/wallets/token/{wallet['token_id']}", api_token)["balance"]
            assert balance_cents == wallet["cents"]
        refused = command.refused("sandbox", "--port", "0", "--folder", f"{command.books.parent}/var/sandbox")
        assert refused == f"tapledger: a sandbox runs here already (process {process.pid}): end it first\n"
    finally:
        process.terminate()
        process.communicate(timeout=30)
    assert process.returncode == 0
    # The books that the command itself would have used are as they were.
    assert command.data("terminal", "list") == []
