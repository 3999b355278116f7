"""`tapledger demo`: one narrated minute with real firmware and a real ledger."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import click

from ledger.cli.audit import audit_text, exit_status
from ledger.cli.demo.keep import keep_running, refuse_running_terminals
from ledger.cli.demo.narrator import Narrator, NotSo
from ledger.cli.demo.server import running_ledger
from ledger.cli.demo.stage import Stage, furnish
from ledger.cli.demo.story import STORY
from ledger.cli.folder import own_folder
from ledger.cli.statement import statement, statement_text
from ledger.domain.audit.queries import audit as prove
from ledger.domain.wallets.queries import wallets
from ledger.service import Ledger
from terminal_sim import Bench
from terminal_sim.machine import NotSeen

# A coin slot stays closed until its line has rested for a while after power-up.
STARTING_S = 3
TURNED_OUT_OTHERWISE = 1


@click.command()
@click.option("--keep", is_flag=True, help="Leave ledger and terminals running, to be tapped by hand.")
@click.option("--pause", default=None, type=click.FloatRange(0, 10), help="Seconds between two scenes.")
def demo(keep: bool, pause: float | None) -> int:
    """Play one minute: coins, a coffee, a refusal, a broken network, a top-up; then prove the books.

    The books of the demo are made anew in var/demo, whatever TAPLEDGER_DATABASE_URL says. With
    --keep its three terminals begin with a blank flash in var/sim. Exit status 1 when something
    turns out otherwise than it is told.
    """
    # Whoever ends this process, by key or by pid, ends its ledger and its terminals with it.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    narrator = Narrator(pause_s=_pause_s(pause))
    with own_folder() as folder:
        if keep:
            refuse_running_terminals()
        os.environ["TAPLEDGER_DATABASE_URL"] = f"sqlite:///{folder}/books.db"
        return _tell(furnish(), narrator, folder, keep)


def _pause_s(given: float | None) -> float:
    # A person who watches needs a moment for each scene; a log file does not.
    return given if given is not None else 1.5 if sys.stdout.isatty() else 0


def _tell(stage: Stage, narrator: Narrator, folder: Path, keep: bool) -> int:
    with running_ledger() as url:
        narrator.say(f"A ledger is listening on {url}; its books are {folder}/books.db.")
        try:
            with Bench() as bench:
                _play(bench, url, stage, narrator)
        except (NotSeen, NotSo) as error:
            click.echo(f"tapledger: the story turned out otherwise: {error}", err=True)
            return TURNED_OUT_OTHERWISE
        status = _account_for(stage.ledger, narrator)
        if keep:
            keep_running(url, stage, folder, starting_s=STARTING_S)
    return status


def _play(bench: Bench, url: str, stage: Stage, narrator: Narrator) -> None:
    narrator.say("Three devices start: the firmware of firmware/ in three MicroPython virtual machines.")
    narrator.say("Each has a clock of its own: the time beside a display is that device's.")
    machines = {name: stage.put_on(bench, name, url) for name in stage.terminals}
    bench.run_for(STARTING_S)
    for machine in machines.values():
        narrator.show(machine)
    for scene in STORY:
        scene(machines, stage, narrator)


def _account_for(ledger: Ledger, narrator: Narrator) -> int:
    narrator.heading("The statements")
    for wallet in ledger.read(wallets):
        click.echo(statement_text(statement(ledger, wallet)) + "\n")
    narrator.heading("The audit")
    proofs = ledger.read(prove)
    click.echo(audit_text(proofs))
    return exit_status(proofs)
