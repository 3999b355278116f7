"""`tapledger firmware deploy`: copies the firmware to a board by cable, with mpremote."""

from __future__ import annotations

import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from ledger.bundles.deploy import Plan, deployment
from ledger.bundles.public_key import read_public_key
from ledger.bundles.sources import CHECKOUT
from ledger.cli.context import prints


def _text(data: dict[str, Any]) -> str:
    if not data["is_dry_run"]:
        return f"{len(data['copies'])} files copied to {data['port']}; `mpremote` shows its console"
    lines = [f"{here} -> {there}" for here, there in data["copies"]]
    return "\n".join([*lines, f"{len(lines)} files; config.json, ca.der and /state stay as they are"])


@click.command("deploy")
@click.option("--port", required=True, help="The board's serial port, /dev/ttyUSB0 or COM3.")
@click.option("--key", type=click.Path(dir_okay=False, path_type=Path), help="The public key for updates.")
@click.option(
    "--source",
    type=click.Path(file_okay=False, path_type=Path),
    default=CHECKOUT,
    help="The firmware's folder; that of this checkout if left out.",
)
@click.option("--dry-run", is_flag=True, help="Show what would be copied, and copy nothing.")
@prints(_text)
def copy_by_cable(port: str, key: Path | None, source: Path, dry_run: bool) -> dict[str, Any]:
    """Copy the firmware to a board; its configuration and what it keeps stay as they are."""
    if key is not None:
        read_public_key(key)
    plan = deployment(source, port, key)
    if not dry_run:
        _copy(plan)
    return {"port": port, "is_dry_run": dry_run, "copies": plan.copies, "command": plan.command}


def _copy(plan: Plan) -> None:
    if find_spec("mpremote") is None:
        raise click.ClickException("this needs an extra: pip install 'tapledger[firmware]'")
    ended = subprocess.run(plan.command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if ended.returncode != 0:
        said = ended.stderr.strip().splitlines()
        raise click.ClickException(f"the board was not copied to: {said[-1] if said else 'mpremote failed'}")
