"""Whether a manifest is signed: RSA-2048, PKCS#1 v1.5, SHA-256 (RFC 8017, section 8.2.2)."""

import json

from micropython import const

from ota.errors import UpdateRefused

_BYTES = const(256)
_EXPONENT = const(65537)
_LARGEST_KEY = const(1024)
# The DER encoding of DigestInfo for SHA-256, up to the digest (RFC 8017, section 9.2, note 1).
_DIGEST_INFO = b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"


def read_key(flash, path):
    """Return the modulus of the public key in a file that came with the provisioning; UpdateRefused."""
    try:
        with flash.open(path, "rb") as file:
            key = json.loads(file.read(_LARGEST_KEY))
        modulus = int(key["modulus"], 16)
    except (OSError, ValueError, KeyError, TypeError):
        raise UpdateRefused(f"{path} is missing or no key")
    if key.get("exponent") != _EXPONENT or modulus >> (8 * _BYTES - 1) != 1:
        raise UpdateRefused(f"{path}: no RSA key of 2048 bits with the exponent 65537")
    return modulus


def is_signed(digest, signature, modulus):
    """Tell whether the signature is that of this SHA-256 digest.

    The whole encoded block is compared and nothing of it is parsed: what a parser would forgive, others
    have forged signatures with.
    """
    number = int.from_bytes(signature, "big")
    if len(signature) != _BYTES or number >= modulus:
        return False
    padding = b"\xff" * (_BYTES - 3 - len(_DIGEST_INFO) - len(digest))
    expected = b"\x00\x01" + padding + b"\x00" + _DIGEST_INFO + digest
    return pow(number, _EXPONENT, modulus).to_bytes(_BYTES, "big") == expected
