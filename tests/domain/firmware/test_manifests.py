"""Manifests: written and read strictly, and the signature that is compared, never parsed."""

from __future__ import annotations

import hashlib

import pytest

from ledger.domain.firmware.errors import InvalidRelease
from ledger.domain.firmware.rules import is_signed, read_manifest, write_manifest
from tests.factories.firmware import MODULES, key_pair, manifest_of, signature_of

GOOD = manifest_of(MODULES)


def test_a_manifest_is_read_as_it_was_written():
    assert write_manifest(read_manifest(GOOD)) == GOOD
    read = read_manifest(GOOD)
    assert (read.version, read.board, read.mpy, len(read.files)) == ("1.0.0", "simulator", 6, 2)


@pytest.mark.parametrize(
    "changed",
    [
        b"",
        GOOD[:-1],
        GOOD + b"\n",
        GOOD.replace(b"firmware 1", b"firmware 2"),
        GOOD.replace(b"files 2", b"files 3"),
        GOOD.replace(b"files 2", b"files 1"),
        GOOD.replace(b"app.mpy", b"../app.mpy"),
        GOOD.replace(b"app.mpy", b"/app.mpy"),
        GOOD.replace(b"app.mpy", b"app.py"),
        GOOD.replace(b"app.mpy", b"system/config.mpy"),
        GOOD.replace(b"1.0.0", b"1.0"),
        GOOD.replace(b"simulator", b"Simu"),
        GOOD.replace(b"app.mpy", b"\xc3\xa4.mpy"),
    ],
)
def test_what_is_not_exactly_a_manifest_is_refused(changed):
    with pytest.raises(InvalidRelease):
        read_manifest(changed)


def test_a_signature_is_good_for_one_manifest_and_one_key():
    signature, modulus = signature_of(GOOD), key_pair().modulus
    assert is_signed(GOOD, signature, modulus)
    assert not is_signed(GOOD + b" ", signature, modulus)
    assert not is_signed(GOOD, signature, key_pair("another").modulus)
    for position in range(0, len(signature), 37):
        digit = "0" if signature[position] != "0" else "1"
        assert not is_signed(GOOD, signature[:position] + digit + signature[position + 1 :], modulus)


def test_a_number_beyond_the_modulus_is_no_signature():
    signature, modulus = signature_of(GOOD), key_pair().modulus
    same = f"{int(signature, 16) + modulus:x}"
    assert not is_signed(GOOD, same, modulus)


def test_a_key_of_another_size_signs_nothing():
    # With so small a modulus anybody finds a block that looks right.
    digest = int(hashlib.sha256(GOOD).hexdigest(), 16)
    assert not is_signed(GOOD, f"{digest:0512x}", 3)
