"""Signs manifests with a private key that never leaves the person who publishes."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from ledger.bundles.errors import SigningKeyUnusable
from ledger.bundles.public_key import write_public_key
from ledger.domain.firmware.rules import EXPONENT, KEY_BITS


def make_keys(private: Path, public: Path) -> None:
    """Write a new private key (PEM, readable by its owner only) and the public one for the devices.

    Refuses with SigningKeyUnusable when one of the files is there already.
    """
    for path in (private, public):
        if path.exists():
            raise SigningKeyUnusable(f"{path} is there already; a key is never replaced.")
    key = rsa.generate_private_key(public_exponent=EXPONENT, key_size=KEY_BITS)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    try:
        with os.fdopen(os.open(private, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(pem)
        write_public_key(public, key.public_key().public_numbers().n)
    except OSError as error:
        raise SigningKeyUnusable(f"{error.filename} cannot be written: {error.strerror}.") from error


def sign(manifest: bytes, private: Path) -> str:
    """Return a manifest's signature in hexadecimal; refuses with SigningKeyUnusable."""
    try:
        key = serialization.load_pem_private_key(private.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise SigningKeyUnusable(f"{private} is no private key without a password in PEM.") from error
    numbers = key.public_key().public_numbers() if isinstance(key, rsa.RSAPrivateKey) else None
    if numbers is None or (key.key_size, numbers.e) != (KEY_BITS, EXPONENT):
        raise SigningKeyUnusable(f"{private} is no RSA key of {KEY_BITS} bits with the exponent {EXPONENT}.")
    return key.sign(manifest, padding.PKCS1v15(), hashes.SHA256()).hex()
