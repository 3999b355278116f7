"""`sim readers` and `sim reader` as people type them, and a coffee paid with a card on the desk's reader."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading

import pytest
from click.testing import CliRunner

from terminal_sim import control
from terminal_sim.cli import sim
from terminal_sim.foreground import Foreground
from terminal_sim.readers import pcsc
from tests.terminal_sim.pos_ledger import API_TOKEN
from tests.terminal_sim.readers.desk import FIRST_SLOT, SECOND_SLOT
from tests.terminal_sim.readers.terminal import Terminal
from tests.terminal_sim.test_sim_commands import Shell

ANNA = "04A1B2C3D4E5F6"
WITHOUT_EXTRAS = "import sys; sys.modules |= {'smartcard': None, 'nfc': None}; "
# nfcpy stands on a package that looks for the system's library only when it is used.
WITHOUT_LIBUSB = """
def missing(*_, **__): raise OSError
import ctypes, ctypes.util; ctypes.CDLL = missing; ctypes.util.find_library = lambda _: None
"""


@pytest.fixture
def shell(tmp_path):
    """Return a shell with a state folder."""
    return Shell(tmp_path / "sim")


@pytest.fixture
def kitchen(shell, ledger):
    """Return the state of a coffee machine that runs in real time, with the real firmware."""
    settings = {"device": "coffee_machine", "ledger_url": ledger.url, "api_token": API_TOKEN}
    settings["buttons"] = ["espresso"]
    terminal = Foreground("kitchen", settings, shell.folder)
    running = threading.Thread(target=terminal.run, args=(lambda _: None,))
    running.start()
    yield control.read_state("kitchen", shell.folder)
    terminal.stop()
    running.join()
    terminal.close()


def test_a_card_on_a_real_reader_pays_for_a_coffee(shell, ledger, desk, kitchen):
    def shows(text):
        return text in " ".join(" ".join(control.ask(kitchen, "show")["display"]).split())

    ledger.balances[ANNA] = 500
    feeding = subprocess.Popen(
        shell.command("reader", "kitchen", "pcsc", "--json"), stdout=subprocess.PIPE, text=True
    )
    shell.wait(lambda: shows("Choose a drink"))
    control.ask(kitchen, "press", value="espresso")
    shell.wait(lambda: shows("Hold your token"))
    card = desk.lay_down(ANNA)
    shell.wait(lambda: shows("Enjoy your Espresso!"))
    assert ledger.balances[ANNA] == 380
    desk.take_away(card)
    events = (json.loads(line) for line in feeding.stdout)
    taps = [(each["event"], each["uid"]) for each in until_left(events) if each["event"] != "notice"]
    assert taps == [("came", ANNA), ("left", ANNA)]
    feeding.send_signal(signal.SIGTERM)
    assert (feeding.communicate(timeout=30), feeding.returncode) == (("", None), 0)


def until_left(events):
    """Return the events up to the one of a card that left."""
    told = [next(events)]
    while told[-1]["event"] != "left":
        told.append(next(events))
    return told


def test_the_list_says_what_is_there_and_what_lies_on_it(shell, desk):
    desk.lay_down(ANNA)
    shell.wait(lambda: (FIRST_SLOT, f"card {ANNA}") in pcsc.find().readers)
    listed = CliRunner().invoke(sim, ["readers"]).stdout.splitlines()
    assert f"pcsc   {FIRST_SLOT}  card {ANNA}" in listed
    assert f"pcsc   {SECOND_SLOT}  no card" in listed
    assert "wedge  the keyboard       any reader that types, into the window of `sim reader`" in listed
    assert "nfc    no reader that nfcpy knows is on USB" in listed


def test_the_list_says_what_to_type_when_the_service_is_not_there(desk):
    desk.tidy()
    (missing,) = pcsc.find().missing
    assert missing.what == "the PC/SC service does not answer (Service not available)"
    assert missing.to_type == "systemctl start pcscd.socket, or pcscd where there is no systemd"


def test_without_its_extras_the_simulator_says_what_to_install_and_a_reader_that_types_works():
    listed = listed_after(WITHOUT_EXTRAS)
    to_type = {each["kind"]: each["to_type"] for each in listed["missing"]}
    assert to_type["pcsc"].startswith("apt-get install pcscd libpcsclite-dev gcc && ")
    assert to_type["pcsc"].endswith("-m pip install pyscard")
    assert to_type["nfc"].endswith("-m pip install nfcpy")
    assert [each["kind"] for each in listed["readers"]] == ["wedge"]


def listed_after(words):
    """Return what `sim readers` lists in a Python that begins with these words."""
    program = words + "from terminal_sim.cli import sim; sim()"
    command = [sys.executable, "-c", program, "readers", "--json"]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_a_system_without_libusb_is_told_its_package():
    missing = {each["kind"]: each for each in listed_after(WITHOUT_LIBUSB)["missing"]}
    assert missing["nfc"]["what"] == "libusb is not installed"
    assert missing["nfc"]["to_type"] == "apt-get install libusb-1.0-0"


def test_a_terminal_that_does_not_run_is_one_line_and_exit_2(tmp_path):
    done = CliRunner().invoke(sim, ["--state-dir", str(tmp_path), "reader", "nobody", "pcsc"])
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == "Error: no terminal named nobody runs here; running: none\n"


def test_what_is_typed_into_the_window_is_laid_on_the_terminal(shell, tmp_path):
    terminal = Terminal(shell.folder)
    try:
        command = shell.command("reader", "kitchen", "wedge", "--hold", "0.1")
        typed = subprocess.run(command, input=f"{ANNA}\n", capture_output=True, text=True)
    finally:
        terminal.stop()
    assert typed.returncode == 0, typed.stderr
    assert typed.stdout.splitlines() == [
        "waiting for what the reader types into this window; Ctrl-C ends",
        f"card {ANNA} lies on the keyboard",
        f"card {ANNA} left the keyboard",
    ]
    assert ("tap", ANNA) in terminal.story
    assert terminal.story[-1] == ("untap", None)
