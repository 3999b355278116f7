"""What firmware refuses."""

from __future__ import annotations

from ledger.foundation.errors import Conflict, Invalid, NotFound


class InvalidRelease(Invalid):
    """A manifest, a version or a file of a release is malformed; `fields` says which."""

    code = "invalid_release"
    message = "The release is malformed."


class ReleaseNotSigned(Invalid):
    """The manifest is not signed with the key that it was held against."""

    code = "release_not_signed"
    message = "The manifest is not signed with this key: `tapledger firmware sign`."


class ReleaseExists(Conflict):
    """Something else was published for this board under this version."""

    code = "release_exists"
    message = "Another build was published under this version: raise `firmware/system/version.py`."


class ReleaseUnknown(NotFound):
    """Nothing is published for this board under this version."""

    code = "release_unknown"
    message = "Nothing is published for this board under this version."


class FirmwareFileUnknown(NotFound):
    """No release has a file with this hash."""

    code = "firmware_file_unknown"
    message = "No release has this file."
