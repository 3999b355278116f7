"""The sim commands as people type them: a terminal in one process, and others that talk to it."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time

import pytest

from terminal_sim import control
from tests.terminal_sim.pos_ledger import API_TOKEN

ANNA = "04A1B2C3D4E5F6"
BEN = "DEADBEEF"


class Shell:
    """Types commands with one state folder."""

    def __init__(self, folder) -> None:
        self.folder = folder
        self.terminals: list[subprocess.Popen] = []

    def command(self, *arguments: str) -> list[str]:
        """Return the whole command line."""
        return [sys.executable, "-m", "terminal_sim", "--state-dir", str(self.folder), *arguments]

    def type(self, *arguments: str) -> subprocess.CompletedProcess:
        """Run a command to its end."""
        return subprocess.run(self.command(*arguments), capture_output=True, text=True, timeout=90)

    def json(self, *arguments: str):
        """Run a command that must succeed, and return what it prints as JSON."""
        done = self.type(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def start(self, ledger, *arguments: str) -> subprocess.Popen:
        """Run a terminal in the background, and wait until it answers."""
        process = subprocess.Popen(
            self.command("run", *arguments, "--ledger", ledger.url, "--json"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"TAPLEDGER_API_TOKEN": API_TOKEN},
        )
        self.terminals.append(process)
        self.wait(lambda: self.type("show", arguments[0]).returncode == 0)
        return process

    def wait(self, predicate, seconds: float = 60) -> None:
        """Wait in real time until the predicate holds."""
        deadline = time.monotonic() + seconds
        while not predicate():
            assert time.monotonic() < deadline
            time.sleep(0.1)

    def choose(self, name: str, product: str) -> None:
        """Press a button until the machine asks for a token: a busy laptop may overlook a short touch."""
        self.wait(lambda: "Hold your token" in self.type("press", name, product).stdout)

    def shows(self, name: str, text: str) -> bool:
        """Tell whether the terminal's display shows a text."""
        return text in " ".join(" ".join(self.json("show", name)["display"]).split())


@pytest.fixture
def shell(tmp_path):
    """Return a shell; the terminals started in it end with the test."""
    each = Shell(tmp_path / "sim")
    yield each
    for process in each.terminals:
        process.terminate()
        process.communicate(timeout=30)


def test_a_coffee_is_sold_over_the_command_line(shell, ledger):
    ledger.balances[ANNA] = 500
    process = shell.start(ledger, "kitchen", "--device", "coffee_machine", "--button", "espresso")
    shell.wait(lambda: shell.shows("kitchen", "Choose a drink"))
    assert shell.json("list") == [{"name": "kitchen", "device": "coffee_machine"}]
    assert stat.S_IMODE((shell.folder / "kitchen.json").stat().st_mode) == 0o600
    shell.choose("kitchen", "espresso")
    shell.json("tap", "kitchen", ANNA, "--hold", "0")
    shell.wait(lambda: ledger.balances[ANNA] == 380)
    shell.wait(lambda: shell.json("show", "kitchen")["relay_closures"] == 1)
    assert "Enjoy your Espresso!" in shell.type("untap", "kitchen").stdout
    process.send_signal(signal.SIGTERM)
    shown, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors
    assert any("Hold your token" in line for line in shown.splitlines())
    assert not (shell.folder / "kitchen.json").exists()
    assert shell.json("list") == []


def test_a_command_shows_what_came_of_it(shell, ledger):
    ledger.balances[ANNA] = 500
    shell.start(ledger, "kitchen", "--device", "coffee_machine", "--button", "espresso")
    shell.start(ledger, "coins", "--device", "coin_station")
    shell.wait(lambda: shell.shows("kitchen", "Choose a drink"))
    shell.choose("kitchen", "espresso")
    assert "Enjoy your Espresso!" in shell.type("tap", "kitchen", ANNA).stdout
    assert "Insert coins" in shell.type("tap", "coins", ANNA, "--hold", "0").stdout

    def is_credited() -> bool:
        # A pulse that a busy machine makes too long is noted as no coin, as it should be; then another one.
        shell.json("coin", "coins", "20")
        if ledger.balances[ANNA] == 380:
            shell.json("untap", "coins")
            shell.json("tap", "coins", ANNA, "--hold", "0")
        return ledger.balances[ANNA] > 380

    shell.wait(is_credited)
    assert ledger.balances[ANNA] % 20 == 0
    shell.wait(lambda: shell.shows("coins", "credited"))


def test_a_token_leaves_after_its_hold_and_never_takes_the_one_after_it_along(shell, ledger):
    ledger.balances |= {ANNA: 100, BEN: 700}
    shell.start(ledger, "kitchen", "--device", "coffee_machine", "--button", "espresso")
    shell.wait(lambda: shell.shows("kitchen", "Choose a drink"))
    state = control.read_state("kitchen", shell.folder)
    control.ask(state, "tap", uid=ANNA, hold_s=1.5)
    control.ask(state, "tap", uid=BEN, hold_s=0)
    time.sleep(2.5)
    assert "Leaves 5.80 EUR" in shell.type("press", "kitchen", "espresso").stdout, "Ben's token lies there"


def test_network_and_power_are_plugs_that_can_be_pulled(shell, ledger):
    wired = ("--coin-acceptor", "cctalk", "--reader", "mfrc522")
    shell.start(ledger, "coins", "--device", "coin_station", *wired)
    shell.wait(lambda: shell.shows("coins", "Hold your token"))
    shell.wait(lambda: any("MFRC522" in line for line in shell.json("show", "coins")["console"]))
    assert shell.json("offline", "coins")["online"] is False
    assert shell.json("online", "coins")["online"] is True
    assert shell.json("do", "coins", "packet_loss_percent", "100")["online"] is True
    too_much = shell.type("do", "coins", "packet_loss_percent", "101")
    assert "packet_loss_percent takes percent, 0 to 100" in too_much.stderr
    assert shell.json("cut-power", "coins")["powered"] is False
    refused = shell.type("coin", "coins", "100")
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert "has no power" in refused.stderr
    assert shell.json("boot", "coins")["powered"] is True
    assert shell.json("coin", "coins", "100")["accepted"] is False


def test_a_second_terminal_of_a_name_is_refused_and_an_outside_secret_too(shell, ledger):
    shell.start(ledger, "one", "--device", "nfc_terminal")
    second = shell.type(
        "run", "one", "--device", "nfc_terminal", "--ledger", ledger.url, "--api-token", API_TOKEN
    )
    assert second.returncode == 2
    assert "runs already" in second.stderr
    state = control.read_state("one", shell.folder)
    forged = control.State(state.name, state.device, state.port, state.process_id, "guess")
    with pytest.raises(control.Refused, match="secret"):
        control.ask(forged, "ping")
    unknown = shell.type("press", "one", "Z")
    assert unknown.returncode == 2
    assert "has no button 'Z'" in unknown.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("tap", "nobody", ANNA), "no terminal named nobody runs here; running: none"),
        (("show", "../etc"), "is no name for a terminal"),
        (("tap", "nobody", "XYZ"), "no token id"),
        (("tap", "nobody", "0412"), "no token id"),
        (("coin", "nobody", "0"), "0 is not in the range"),
        (("coin", "nobody", "1.5"), "not a valid integer"),
        (("run", "x", "--device", "toaster", "--ledger", "http://127.0.0.1:1"), "toaster"),
        (("run", "x", "--device", "nfc_terminal", "--api-token", "t"), "--ledger"),
        (("scenario", "/nowhere.toml", "--ledger", "http://127.0.0.1:1"), "does not exist"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(shell, arguments, message):
    done = shell.type(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_story_ends_with_0_or_1(shell, ledger, tmp_path):
    story = tmp_path / "story.toml"
    story.write_text(
        "title = 'idle'\n[terminals.counter]\ndevice = 'nfc_terminal'\n"
        "[[steps]]\nterminal = 'counter'\nexpect_display = 'Amount and # to top up'\n"
    )
    arguments = ("scenario", str(story), "--ledger", ledger.url, "--api-token", f"counter={API_TOKEN}")
    assert shell.json(*arguments)["passed"] is True
    story.write_text(story.read_text().replace("Amount", "Tea"))
    failed = shell.type(*arguments)
    assert failed.returncode == 1
    assert "step 1" in failed.stderr


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", "http://127.0.0.1:nine"])
def test_a_story_without_a_ledger_is_one_line_and_exit_2(shell, tmp_path, address):
    story = tmp_path / "story.toml"
    story.write_text(
        f"[tokens]\nanna = '{ANNA}'\n[terminals.counter]\ndevice = 'nfc_terminal'\n"
        "[[steps]]\ntoken = 'anna'\nexpect_change = 0\n"
    )
    done = shell.type("scenario", str(story), "--ledger", address, "--api-token", "counter=token")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: the story cannot begin: the ledger does not answer")
    assert done.stderr.count("\n") == 1


def test_the_flash_of_a_terminal_outlives_its_process(shell, ledger):
    process = shell.start(ledger, "kept", "--device", "coffee_machine")
    before = shell.json("show", "kept")["console"]
    process.kill()
    process.communicate(timeout=30)
    shell.start(ledger, "kept", "--device", "coffee_machine")
    after = shell.json("show", "kept")["console"]
    assert any("new install" in line for line in before)
    assert not any("new install" in line for line in after)
