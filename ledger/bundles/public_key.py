"""The public key as devices hold it: `update_key.json`, modulus in hexadecimal and exponent."""

from __future__ import annotations

import json
from pathlib import Path

from ledger.bundles.errors import SigningKeyUnusable
from ledger.domain.firmware.rules import EXPONENT, KEY_BITS


def write_public_key(path: Path, modulus: int) -> None:
    """Write a public key's file, which must not be there; OSError as `open` raises it."""
    with path.open("x", encoding="ascii") as file:
        json.dump({"modulus": f"{modulus:x}", "exponent": EXPONENT}, file)


def read_public_key(path: Path) -> int:
    """Return the modulus of a public key; refuses with SigningKeyUnusable what a device would refuse."""
    try:
        key = json.loads(path.read_bytes())
        modulus, exponent = int(key["modulus"], 16), key["exponent"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SigningKeyUnusable(f"{path} is no public key: `tapledger firmware keys` makes one.") from error
    if modulus.bit_length() != KEY_BITS or exponent != EXPONENT:
        raise SigningKeyUnusable(f"{path} is no RSA key of {KEY_BITS} bits with the exponent {EXPONENT}.")
    return modulus
