"""The file of a bundle: a zip with the manifest, the compiled modules, and the signature once it has one."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

from ledger.bundles.errors import BundleUnusable
from ledger.domain.firmware.records import Manifest
from ledger.domain.firmware.rules import (
    LARGEST_FILE_BYTES,
    LARGEST_MANIFEST_BYTES,
    read_manifest,
    require_contents,
)

_MANIFEST, _SIGNATURE, _FILES = "manifest", "signature", "files/"
# The same sources make the same bytes, whenever they are built.
_MOMENT = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Bundle:
    """A build for one board; `contents` are the compiled modules by their paths."""

    manifest: bytes
    contents: dict[str, bytes]
    signature: str | None = None

    @property
    def head(self) -> Manifest:
        """What the manifest says."""
        return read_manifest(self.manifest)

    @property
    def size_bytes(self) -> int:
        """How much flash the modules take, in all."""
        return sum(map(len, self.contents.values()))


def write_bundle(path: Path, bundle: Bundle) -> None:
    """Write a bundle's file; refuses with BundleUnusable what cannot be written."""
    named = {_MANIFEST: bundle.manifest}
    named |= {f"{_FILES}{name}": content for name, content in sorted(bundle.contents.items())}
    if bundle.signature is not None:
        named[_SIGNATURE] = bundle.signature.encode()
    try:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in named.items():
                archive.writestr(zipfile.ZipInfo(name, _MOMENT), content, zipfile.ZIP_DEFLATED)
    except OSError as error:
        raise BundleUnusable(f"{path} cannot be written: {error.strerror}.") from error


def read_bundle(path: Path) -> Bundle:
    """Read a bundle's file; refuses with BundleUnusable and InvalidRelease what is not whole."""
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = _read(archive, _MANIFEST, LARGEST_MANIFEST_BYTES)
            files = [name for name in archive.namelist() if name.startswith(_FILES)]
            contents = {name[len(_FILES) :]: _read(archive, name, LARGEST_FILE_BYTES) for name in files}
            is_signed = _SIGNATURE in archive.namelist()
            signature = _read(archive, _SIGNATURE, LARGEST_FILE_BYTES).decode("ascii") if is_signed else None
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise BundleUnusable(f"{path} is no bundle: {error}.") from error
    bundle = Bundle(manifest, contents, signature)
    if {each.path for each in bundle.head.files} != set(contents):
        raise BundleUnusable(f"{path} has not the files that its manifest names.")
    require_contents(bundle.head, contents.values())
    return bundle


def _read(archive: zipfile.ZipFile, name: str, at_most: int) -> bytes:
    with archive.open(name) as file:
        content = file.read(at_most + 1)
    if len(content) > at_most:
        raise ValueError(f"{name} is too large")
    return content
