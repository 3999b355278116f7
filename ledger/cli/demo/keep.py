"""`--keep`: leaves the terminals running in real time, and says how to use them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import click

from ledger.cli.demo.stage import ANNA_TOKEN, BEN_TOKEN, CAST, Stage

_RUN = "from ledger.cli.main import main; main()"
HOW_TO = f"""
The ledger is at {{url}}, its API is explained at {{url}}/pos/docs.
In another terminal, from this folder (Anna is {ANNA_TOKEN}, Ben is {BEN_TOKEN}):

  .venv/bin/tapledger sim press coffee_machine espresso
  .venv/bin/tapledger sim tap coffee_machine {ANNA_TOKEN}
  .venv/bin/tapledger sim tap coin_station {ANNA_TOKEN} --hold 0
  .venv/bin/tapledger sim coin coin_station 50
  .venv/bin/tapledger sim press nfc_terminal '500#'
  .venv/bin/tapledger sim tap nfc_terminal {BEN_TOKEN}
  .venv/bin/tapledger sim show coffee_machine
  .venv/bin/tapledger sim --help

  export TAPLEDGER_DATABASE_URL={{database_url}}
  .venv/bin/tapledger wallet show {ANNA_TOKEN}
  .venv/bin/tapledger audit

Ctrl-C ends it all."""


def keep_running(url: str, stage: Stage, folder: Path) -> None:
    """Run the three terminals as processes of their own until Ctrl-C."""
    processes = [_start(name, url, token, folder) for name, token in stage.terminals.items()]
    click.echo(HOW_TO.format(url=url, database_url=os.environ["TAPLEDGER_DATABASE_URL"]))
    # Whoever ends this process, by key or by pid, ends its terminals with it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        for process in processes:
            process.wait()
    except KeyboardInterrupt:
        click.echo()
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(timeout=30)


def _start(name: str, url: str, api_token: str, folder: Path) -> subprocess.Popen:
    buttons = [word for slug in CAST[name][3].get("buttons", []) for word in ("--button", slug)]
    command = [sys.executable, "-c", _RUN, "sim", "run", name, "--device", name, "--ledger", url, *buttons]
    with open(folder / f"{name}.log", "w") as log:
        # The token goes by the environment: a command line can be read by everybody on the machine.
        environment = {**os.environ, "TAPLEDGER_API_TOKEN": api_token}
        return subprocess.Popen(command, stdout=log, stderr=log, env=environment)
