"""Secrets are kept by their hash."""

from __future__ import annotations

from ledger.foundation.secrets import hash_secret


def test_a_secret_is_kept_as_its_sha_256():
    # The hash of a known word, computed with another tool: stored hashes must stay valid for ever.
    assert hash_secret("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_what_nobody_could_have_been_given_has_a_hash_too():
    assert hash_secret("\ud800") != hash_secret("\udfff")
