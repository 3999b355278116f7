"""`--keep`: leaves the terminals running in real time, and says how to use them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import click

from ledger.cli.demo.stage import ANNA_TOKEN, BEN_TOKEN, CAST, Stage
from terminal_sim.control import STATE_DIR, Refused, ask, read_state, running

_RUN = "from ledger.cli.main import main; main()"
ANSWERING_TIMEOUT_S = 60
LOOK_EVERY_S = 0.2
# After the story Anna has 1.10, and an espresso costs 1.20: the coin comes first.
HOW_TO = f"""
The ledger is at {{url}}, its API is explained at {{url}}/pos/docs.
In another terminal, from this folder (Anna is {ANNA_TOKEN}, Ben is {BEN_TOKEN}):

  .venv/bin/tapledger sim tap coin_station {ANNA_TOKEN} --hold 0
  .venv/bin/tapledger sim coin coin_station 50
  .venv/bin/tapledger sim untap coin_station
  .venv/bin/tapledger sim press coffee_machine espresso
  .venv/bin/tapledger sim tap coffee_machine {ANNA_TOKEN}
  .venv/bin/tapledger sim press nfc_terminal '500#'
  .venv/bin/tapledger sim tap nfc_terminal {BEN_TOKEN}
  .venv/bin/tapledger sim show coffee_machine
  .venv/bin/tapledger sim --help

  export TAPLEDGER_DATABASE_URL={{database_url}}
  .venv/bin/tapledger wallet show {ANNA_TOKEN}
  .venv/bin/tapledger audit

Ctrl-C ends it all."""
Processes = dict[str, subprocess.Popen]


def refuse_running_terminals() -> None:
    """Refuse when a terminal runs under a name that the demo needs: its flash is not ours to clear."""
    for state in running(STATE_DIR):
        if state.name in CAST:
            raise click.ClickException(
                f"a terminal named {state.name} runs already (process {state.process_id}): end it first"
            )


def keep_running(url: str, stage: Stage, folder: Path, *, starting_s: int) -> None:
    """Run the three terminals as processes of their own until Ctrl-C.

    How to use them is said when all three answer and have had `starting_s` to get ready.
    """
    refuse_running_terminals()
    processes: Processes = {}
    try:
        for name, token in stage.terminals.items():
            # What the journal of an older demo holds belongs to other books.
            (STATE_DIR / f"{name}.flash").unlink(missing_ok=True)
            processes[name] = _start(name, url, token, folder)
        _wait_for_answers(processes, folder)
        time.sleep(starting_s)
        click.echo(HOW_TO.format(url=url, database_url=os.environ["TAPLEDGER_DATABASE_URL"]))
        for process in processes.values():
            process.wait()
    except KeyboardInterrupt:
        click.echo()
    finally:
        for process in processes.values():
            process.terminate()
        for process in processes.values():
            process.wait(timeout=30)


def _start(name: str, url: str, api_token: str, folder: Path) -> subprocess.Popen:
    buttons = [word for slug in CAST[name][3].get("buttons", []) for word in ("--button", slug)]
    command = [sys.executable, "-c", _RUN, "sim", "run", name, "--device", name, "--ledger", url, *buttons]
    with open(folder / f"{name}.log", "w") as log:
        # The token goes by the environment: a command line can be read by everybody on the machine.
        environment = {**os.environ, "TAPLEDGER_API_TOKEN": api_token}
        return subprocess.Popen(command, stdout=log, stderr=log, env=environment)


def _wait_for_answers(processes: Processes, folder: Path) -> None:
    deadline_s = time.monotonic() + ANSWERING_TIMEOUT_S
    for name, process in processes.items():
        while not _answers(name, process):
            if process.poll() is not None or time.monotonic() > deadline_s:
                raise click.ClickException(f"{name} did not start; its reason stands in {folder}/{name}.log")
            time.sleep(LOOK_EVERY_S)


def _answers(name: str, process: subprocess.Popen) -> bool:
    try:
        state = read_state(name, STATE_DIR)
        # A state file may be left over from a terminal that was killed.
        return state.process_id == process.pid and ask(state, "ping")
    except Refused:
        return False
