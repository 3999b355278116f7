"""Bundles: what a board gets, how large it is, and that the same sources make the same bytes."""

from __future__ import annotations

import ast
import functools
import zipfile
from collections.abc import Mapping

import pytest

from ledger.bundles.build import build
from ledger.bundles.bundle import Bundle, read_bundle, write_bundle
from ledger.bundles.errors import BundleUnusable, SigningKeyUnusable, SourcesUnusable
from ledger.bundles.signing import make_keys, sign
from ledger.bundles.sources import CHECKOUT, NEVER_OVER_THE_AIR, boards, modules, version_of
from ledger.domain.firmware.errors import InvalidRelease
from ledger.foundation.progress import quietly
from tests.factories.builds import built, changed_firmware
from tests.factories.firmware import key_pair, signature_of

LARGEST_BUNDLE_BYTES = 120 * 1024


def imported(contents: Mapping[str, bytes]) -> set[str]:
    """Return every module of the firmware that these modules import, wherever in them."""
    own = {path.removesuffix(".py").replace("/", ".") for path in modules(CHECKOUT)} - {"slots"}
    found = set()
    for path in contents:
        tree = ast.parse((CHECKOUT / path.replace(".mpy", ".py")).read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
            elif isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
    return found & own


@functools.cache
def bundle_of(board: str) -> Bundle:
    """Compile the firmware as it is for a board, once."""
    return build(CHECKOUT, board, quietly)


@pytest.fixture
def bundle() -> Bundle:
    """Return the firmware as it is, compiled for the simulator."""
    return bundle_of("simulator")


@pytest.mark.parametrize("board", boards(CHECKOUT))
def test_a_board_gets_all_that_it_imports_within_120_kib(board):
    made = bundle_of(board)
    assert made.size_bytes < LARGEST_BUNDLE_BYTES, f"{board}: {made.size_bytes} bytes"
    assert made.head.board == board
    names = {path.removesuffix(".mpy").replace("/", ".") for path in made.contents}
    assert {f"boards.{board}", "app", "ota.install"} <= names
    assert imported(made.contents) <= names
    assert {path.stem for path in (CHECKOUT / "devices").glob("*.py")} == {
        name.removeprefix("devices.") for name in names if name.startswith("devices.")
    }


def test_what_chooses_the_slot_never_comes_over_the_air(bundle):
    assert not {path.replace(".py", ".mpy") for path in NEVER_OVER_THE_AIR} & set(bundle.contents)
    assert "app.mpy" in bundle.contents


def test_another_board_is_not_brought_unless_it_stands_in(bundle):
    made = bundle_of("esp32_pn532_coffee")
    assert "boards/simulator.mpy" not in made.contents
    assert {path for path in bundle.contents if path.startswith("boards/")} >= {"boards/parts.mpy"}


def test_the_same_sources_make_the_same_file(bundle, tmp_path):
    for name, made in (("one", bundle), ("two", build(CHECKOUT, "simulator", quietly))):
        write_bundle(tmp_path / name, made)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert read_bundle(tmp_path / "one") == bundle
    assert str(CHECKOUT).encode() not in b"".join(bundle.contents.values())


def test_a_bundle_has_the_version_of_its_sources(bundle, tmp_path):
    assert bundle.head.version == version_of(CHECKOUT)
    assert built(tmp_path, "4.5.6").head.version == "4.5.6"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"app.py": "def broken(:\n"}, "app.py does not compile"),
        ({"system/version.py": "VERSION = 1.0\n"}, "has no VERSION"),
        ({"system/version.py": "VERSION = '1.0'\n"}, "has no VERSION"),
        ({"system/version.py": ""}, "has no VERSION"),
    ],
)
def test_sources_that_cannot_be_built_are_refused(tmp_path, changes, said):
    with pytest.raises(SourcesUnusable, match=said):
        built(tmp_path, "1.0.0", changes)


def test_what_is_no_firmware_or_no_board_is_refused(tmp_path):
    with pytest.raises(SourcesUnusable, match="no folder of the firmware"):
        build(tmp_path, "simulator", quietly)
    with pytest.raises(SourcesUnusable, match="There is no board 'toaster'"):
        build(changed_firmware(tmp_path, "1.0.0"), "toaster", quietly)


@pytest.mark.parametrize("missing", ["manifest", "files/app.mpy"])
def test_a_bundle_that_is_not_whole_is_refused(bundle, tmp_path, missing):
    write_bundle(tmp_path / "whole", bundle)
    with (
        zipfile.ZipFile(tmp_path / "whole") as whole,
        zipfile.ZipFile(tmp_path / "part", "w") as part,
    ):
        for name in set(whole.namelist()) - {missing}:
            part.writestr(name, whole.read(name))
    with pytest.raises(BundleUnusable):
        read_bundle(tmp_path / "part")


def test_a_bundle_whose_module_was_changed_is_refused(bundle, tmp_path):
    changed = Bundle(bundle.manifest, {**bundle.contents, "app.mpy": b"M\x06 changed"})
    write_bundle(tmp_path / "changed", changed)
    with pytest.raises(InvalidRelease):
        read_bundle(tmp_path / "changed")


def test_what_is_no_bundle_is_refused(tmp_path):
    (tmp_path / "text").write_text("no zip")
    for name in ("text", "nothing"):
        with pytest.raises(BundleUnusable):
            read_bundle(tmp_path / name)


def test_a_key_is_readable_by_its_owner_only_and_never_replaced(tmp_path):
    private, public = tmp_path / "key.pem", tmp_path / "update_key.json"
    make_keys(private, public)
    assert private.stat().st_mode & 0o077 == 0
    before = private.read_bytes()
    public.unlink()
    with pytest.raises(SigningKeyUnusable, match="never replaced"):
        make_keys(private, public)
    assert (private.read_bytes(), public.exists()) == (before, False)


def test_only_a_key_of_2048_bits_signs(tmp_path):
    key = tmp_path / "key.pem"
    for content in (b"", b"-----BEGIN PRIVATE KEY-----\n", key_pair().public):
        key.write_bytes(content)
        with pytest.raises(SigningKeyUnusable):
            sign(b"", key)
    assert len(signature_of(b"manifest")) == 512
