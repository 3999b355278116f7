"""Releases: published signed and whole, offered to the devices that they fit, withdrawn."""

from __future__ import annotations

import pytest

from ledger.domain.devices.errors import TerminalUnknown
from ledger.domain.firmware.commands import publish, withdraw
from ledger.domain.firmware.errors import (
    FirmwareFileUnknown,
    InvalidRelease,
    ReleaseExists,
    ReleaseNotSigned,
    ReleaseUnknown,
)
from ledger.domain.firmware.queries import file_piece, offered, releases
from ledger.domain.firmware.rules import PIECE_BYTES, sha256_of
from ledger.foundation.actor import operator_on_this_machine
from tests.factories.firmware import BOARD, MODULES, key_pair, manifest_of, published, signature_of
from tests.factories.ledgers import contents, rows
from tests.factories.terminals import install


def offer(ledger, terminal, version="0.9.9", board=BOARD):
    """Return the version that a terminal is offered."""
    release = ledger.read(offered, terminal_id=terminal.record.id, board=board, version=version)
    return release and release.version


def fetched(ledger, sha256):
    """Fetch a file piece by piece, as a device does."""
    content = b""
    while piece := ledger.read(file_piece, sha256=sha256, offset=len(content)).content:
        assert len(piece) <= PIECE_BYTES
        content += piece
    return content


def publish_as(ledger, **changes):
    """Publish a good release, in which something is changed."""
    manifest = changes.get("manifest", manifest_of(MODULES))
    values = {"manifest": manifest, "modulus": key_pair().modulus, "contents": list(MODULES.values())}
    values |= {"signature": signature_of(manifest)} | changes
    return ledger.run(publish, actor=operator_on_this_machine(), **values).answer


def test_what_is_published_is_fetched_as_it_was(ledger):
    large = {"app.mpy": b"M\x06" + bytes(range(256)) * 20, "two/b.mpy": b"M\x06", "two/c.mpy": b"M\x06"}
    release = published(ledger, contents=large)
    manifest = fetched(ledger, release.manifest_sha256)
    assert (manifest, release.manifest_bytes) == (manifest_of(large), len(manifest))
    assert all(fetched(ledger, sha256_of(content)) == content for content in large.values())
    assert rows(ledger, "SELECT count(*) FROM firmware_files") == [(3,)]


def test_a_device_is_offered_the_newest_version_for_its_board_and_no_older_one(ledger):
    kiosk = install(ledger)
    for version in ("1.2.0", "1.10.0", "1.9.9"):
        published(ledger, version)
    published(ledger, "7.0.0", board="rp2040_mdb")
    assert offer(ledger, kiosk) == "1.10.0"
    assert offer(ledger, kiosk, "1.9.10") == "1.10.0"
    assert [offer(ledger, kiosk, version) for version in ("1.10.0", "2.0.0")] == [None, None]
    assert offer(ledger, kiosk, board="rp2040_mdb") == "7.0.0"
    assert offer(ledger, kiosk, board="toaster") is None


def test_a_trial_is_offered_to_one_terminal_and_afterwards_to_all(ledger):
    kiosk, bar = install(ledger, "kiosk"), install(ledger, "bar")
    published(ledger, "1.0.0")
    assert published(ledger, "2.0.0", only_terminal="kiosk").terminal == "kiosk"
    assert [offer(ledger, each) for each in (kiosk, bar)] == ["2.0.0", "1.0.0"]
    assert published(ledger, "2.0.0").terminal is None
    assert [offer(ledger, each) for each in (kiosk, bar)] == ["2.0.0", "2.0.0"]


def test_what_is_withdrawn_is_offered_to_nobody_until_it_is_published_again(ledger):
    kiosk = install(ledger)
    published(ledger, "1.0.0")
    published(ledger, "1.1.0")
    for _ in range(2):
        ledger.run(withdraw, actor=operator_on_this_machine(), board=BOARD, version="1.1.0")
    assert [each.withdrawn_at is None for each in ledger.read(releases)] == [True, False]
    assert offer(ledger, kiosk) == "1.0.0"
    assert [each.version for each in ledger.read(releases)] == ["1.0.0", "1.1.0"]
    published(ledger, "1.1.0")
    assert offer(ledger, kiosk) == "1.1.0"


def test_a_version_is_published_with_one_content_only(ledger):
    published(ledger)
    before = contents(ledger)
    with pytest.raises(ReleaseExists):
        published(ledger, contents={"app.mpy": b"M\x06 something else"})
    assert contents(ledger) == before


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"signature": signature_of(manifest_of(MODULES, "1.0.1"))}, ReleaseNotSigned),
        ({"modulus": key_pair("another").modulus}, ReleaseNotSigned),
        ({"signature": ""}, ReleaseNotSigned),
        ({"signature": "f" * 512}, ReleaseNotSigned),
        ({"contents": [b"M\x06 changed", *list(MODULES.values())[1:]]}, InvalidRelease),
        ({"contents": list(MODULES.values())[1:]}, InvalidRelease),
        ({"contents": [*MODULES.values(), b"one more"]}, InvalidRelease),
        ({"only_terminal": "nobody"}, TerminalUnknown),
    ],
    ids=["another manifest", "another key", "no signature", "number", "changed", "missing", "more", "nobody"],
)
def test_what_a_device_would_refuse_is_not_published(ledger, changes, refusal):
    before = contents(ledger)
    with pytest.raises(refusal):
        publish_as(ledger, **changes)
    assert contents(ledger) == before


def test_what_is_not_there_is_not_found(ledger):
    with pytest.raises(ReleaseUnknown):
        ledger.run(withdraw, actor=operator_on_this_machine(), board=BOARD, version="1.0.0")
    for sha256 in ("0" * 64, "x", "\x00"):
        with pytest.raises(FirmwareFileUnknown):
            ledger.read(file_piece, sha256=sha256, offset=0)


@pytest.mark.parametrize("version", ["", "1", "1.2", "1.2.3.4", "01.2.3", "1.2.x", "1.2.-3", "1.2.1234567"])
def test_what_is_no_version_is_refused(ledger, version):
    with pytest.raises(InvalidRelease) as refused:
        ledger.read(offered, terminal_id=install(ledger).record.id, board=BOARD, version=version)
    assert "version" in refused.value.fields
