"""`tapledger firmware …`: builds, signs and publishes updates, and copies the firmware by cable."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ledger.bundles.bundle import Bundle, read_bundle, write_bundle
from ledger.bundles.errors import BundleUnusable
from ledger.bundles.public_key import read_public_key
from ledger.bundles.sources import CHECKOUT
from ledger.cli.context import columns, open_ledger, prints, run
from ledger.cli.copying import copy_by_cable
from ledger.cli.progress import progress_bar
from ledger.domain.firmware.commands import publish as publish_release
from ledger.domain.firmware.commands import withdraw as withdraw_release
from ledger.domain.firmware.queries import releases
from ledger.domain.firmware.records import ReleaseRecord

PRIVATE, PUBLIC = "firmware-key.pem", "update_key.json"
FILE = click.Path(dir_okay=False, path_type=Path)
source_option = click.option(
    "--source",
    type=click.Path(file_okay=False, path_type=Path),
    default=CHECKOUT,
    help="The firmware's folder; that of this checkout if left out.",
)
bundle_argument = click.argument("file", metavar="BUNDLE", type=FILE)


@click.group()
def firmware() -> None:
    """Firmware: bundles for devices, signed by you and fetched by them from this ledger."""


@firmware.command()
@click.option("--board", required=True, help="The board, as in firmware/boards/.")
@click.option("--output", type=FILE, metavar="BUNDLE", help="tapledger-BOARD-VERSION.zip if left out.")
@source_option
@prints(lambda data: f"{data['file']}: {data['version']} for {data['board']}, {data['bytes']} bytes in files")
def build(board: str, output: Path | None, source: Path) -> dict[str, Any]:
    """Compile the firmware for a board into BUNDLE; its version is that of system/version.py."""
    from ledger.bundles.build import build as compiled

    with progress_bar() as progress:
        bundle = compiled(source, board, progress)
    file = output or Path(f"tapledger-{board}-{bundle.head.version}.zip")
    write_bundle(file, bundle)
    return _shown(file, bundle)


@firmware.command()
@click.option("--private", type=FILE, default=PRIVATE, show_default=True, help="The file to sign with.")
@click.option("--public", type=FILE, default=PUBLIC, show_default=True, help="The devices' file.")
@prints(
    lambda data: f"{data['private']}: keep it safe; who has it can update every device\n"
    f"{data['public']}: copy it to each device as /update_key.json"
)
def keys(private: Path, public: Path) -> dict[str, Any]:
    """Make the two keys of updates: one to sign with, one for the devices."""
    from ledger.bundles.signing import make_keys

    make_keys(private, public)
    return {"private": str(private), "public": str(public)}


@firmware.command()
@bundle_argument
@click.option("--key", type=FILE, required=True, help="The private key.")
@prints(lambda data: f"{data['file']}: {data['version']} for {data['board']} is signed")
def sign(file: Path, key: Path) -> dict[str, Any]:
    """Sign BUNDLE, in place."""
    from ledger.bundles.signing import sign as signature_of

    bundle = read_bundle(file)
    signed = Bundle(bundle.manifest, bundle.contents, signature_of(bundle.manifest, key))
    write_bundle(file, signed)
    return _shown(file, signed)


@firmware.command()
@bundle_argument
@click.option("--key", type=FILE, required=True, help="The public key, as the devices have it.")
@click.option("--only-terminal", metavar="ID", help="Offer it to this terminal alone, as a trial.")
@prints(lambda data: f"{data['version']} for {data['board']} is offered to {_audience(data)}")
def publish(file: Path, key: Path, only_terminal: str | None) -> dict[str, Any]:
    """Verify BUNDLE as a device would and offer it to the board's devices.

    Publish it again without --only-terminal after its trial.
    """
    bundle = read_bundle(file)
    if bundle.signature is None:
        raise BundleUnusable(f"{file} is not signed: `tapledger firmware sign`.")
    return _released(
        run(
            open_ledger(),
            publish_release,
            manifest=bundle.manifest,
            signature=bundle.signature,
            modulus=read_public_key(key),
            contents=list(bundle.contents.values()),
            only_terminal=only_terminal,
        )
    )


def _list_text(rows: list[dict[str, Any]]) -> str:
    if not rows:
        return "nothing is published: tapledger firmware build, sign, publish"
    head = ("BOARD", "VERSION", "PUBLISHED", "OFFERED TO")
    return columns([head, *[_list_row(row) for row in rows]])


def _list_row(row: dict[str, Any]) -> tuple[str, ...]:
    audience = "nobody, withdrawn" if row["withdrawn_at"] else _audience(row)
    return row["board"], row["version"], f"{row['published_at']:%Y-%m-%d %H:%M}", audience


@firmware.command("list")
@prints(_list_text)
def list_releases() -> list[dict[str, Any]]:
    """List what was published, by board."""
    return [_released(release) for release in open_ledger().read(releases)]


@firmware.command()
@click.argument("board")
@click.argument("version")
@prints(lambda data: f"{data['version']} for {data['board']} is withdrawn; devices that run it keep it")
def withdraw(board: str, version: str) -> dict[str, Any]:
    """Offer a version to nobody any more."""
    return _released(run(open_ledger(), withdraw_release, board=board, version=version))


firmware.add_command(copy_by_cable)


def _shown(file: Path, bundle: Bundle) -> dict[str, Any]:
    head = bundle.head
    return {
        "file": str(file),
        "board": head.board,
        "version": head.version,
        "bytes": bundle.size_bytes,
        "is_signed": bundle.signature is not None,
    }


def _released(release: ReleaseRecord) -> dict[str, Any]:
    names = ("board", "version", "terminal", "published_at", "withdrawn_at")
    return {name: getattr(release, name) for name in names}


def _audience(row: dict[str, Any]) -> str:
    return row["terminal"] or "all"
