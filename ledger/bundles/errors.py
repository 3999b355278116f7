"""What is refused around bundles of firmware."""

from __future__ import annotations

from ledger.foundation.errors import Invalid


class SourcesUnusable(Invalid):
    """The folder of the firmware's sources is not one, or does not compile; the message says why."""

    code = "firmware_sources_unusable"
    message = "The firmware's sources cannot be used."


class BundleUnusable(Invalid):
    """A file is no bundle, or cannot be read or written; the message says why."""

    code = "bundle_unusable"
    message = "This is no bundle."


class SigningKeyUnusable(Invalid):
    """A key's file is missing, is no RSA key of 2048 bits, or is there already; the message says which."""

    code = "signing_key_unusable"
    message = "The key cannot be used."
