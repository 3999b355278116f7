"""Releases of firmware as somebody would have built and signed them, and the two keys of it."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from ledger.bundles.public_key import read_public_key
from ledger.bundles.signing import make_keys, sign
from ledger.domain.firmware.commands import publish
from ledger.domain.firmware.records import FileEntry, Manifest, ReleaseRecord
from ledger.domain.firmware.rules import sha256_of, write_manifest
from ledger.foundation.actor import operator_on_this_machine
from ledger.service import Ledger

BOARD = "simulator"
MPY = 6
MODULES = {"app.mpy": b"M\x06\x00\x1f app", "system/config.mpy": b"M\x06\x00\x1f config"}


@dataclass(frozen=True)
class KeyPair:
    """The bytes of a private key's file and of the devices' public one, and its modulus."""

    private: bytes
    public: bytes
    modulus: int


@functools.cache
def key_pair(name: str = "ours") -> KeyPair:
    """Return the keys of this name; making them takes a while, so each is made once."""
    with TemporaryDirectory() as folder:
        private, public = Path(folder) / f"{name}.pem", Path(folder) / f"{name}.json"
        make_keys(private, public)
        return KeyPair(private.read_bytes(), public.read_bytes(), read_public_key(public))


@functools.cache
def signature_of(manifest: bytes, keys: KeyPair | None = None) -> str:
    """Sign a manifest."""
    with TemporaryDirectory() as folder:
        private = Path(folder) / "key.pem"
        private.write_bytes((keys or key_pair()).private)
        return sign(manifest, private)


def manifest_of(
    contents: Mapping[str, bytes], version: str = "1.0.0", board: str = BOARD, mpy: int = MPY
) -> bytes:
    """Write the manifest of some modules."""
    files = (FileEntry(path, len(content), sha256_of(content)) for path, content in contents.items())
    return write_manifest(Manifest(version, board, mpy, tuple(files)))


def published(
    ledger: Ledger, version: str = "1.0.0", *, contents: Mapping[str, bytes] = MODULES, **further: str | None
) -> ReleaseRecord:
    """Publish a signed release; `further` are its board, and the only terminal that it is for."""
    only_terminal = further.pop("only_terminal", None)
    manifest = manifest_of(contents, version, **further)
    return ledger.run(
        publish,
        actor=operator_on_this_machine(),
        manifest=manifest,
        signature=signature_of(manifest),
        modulus=key_pair().modulus,
        contents=list(contents.values()),
        only_terminal=only_terminal,
    ).answer
