"""What firmware decides, purely: the manifest's form, its signature, and which version is newer."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence

from ledger.domain.firmware.errors import InvalidRelease
from ledger.domain.firmware.records import FileEntry, Manifest, ReleaseRecord

FORMAT = "tapledger-firmware 1"
NAME_LENGTH = 64
# What one answer carries: a device's memory is short (firmware/ledger_client/http.py).
PIECE_BYTES = 2048
# The bounds that the firmware keeps (firmware/ota/contents.py).
MOST_FILES = 200
LARGEST_FILE_BYTES = 65_536
LARGEST_MANIFEST_BYTES = 32_768
_BOARD = re.compile(r"[a-z0-9_]{1,64}")
_VERSION = re.compile(r"(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})", re.ASCII)
_HEAD = re.compile(rf"{FORMAT}\nversion (\S+)\nboard (\S+)\nmpy (\d{{1,2}})\nfiles (\d{{1,3}})\n", re.ASCII)
_FILE = re.compile(r"([0-9a-f]{64}) (\d{1,5}) ([a-z0-9_]+(?:/[a-z0-9_]+)*\.mpy)", re.ASCII)
KEY_BITS = 2048
EXPONENT = 65_537
# The DER encoding of DigestInfo for SHA-256, up to the digest (RFC 8017, section 9.2, note 1).
_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")


def is_board(value: str) -> bool:
    """Say whether a value may be the name of a board."""
    return bool(_BOARD.fullmatch(value))


def number_of(version: str) -> tuple[int, ...]:
    """Return a version as three numbers that compare; refuses with InvalidRelease."""
    found = _VERSION.fullmatch(version)
    if not found:
        raise InvalidRelease(fields={"version": ["A version is three whole numbers, such as 1.4.0."]})
    return tuple(int(number) for number in found.groups())


def sha256_of(content: bytes) -> str:
    """Return the name of a file's content: its SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def write_manifest(manifest: Manifest) -> bytes:
    """Write a manifest: lines that a device reads one by one, in the order of the paths."""
    head = f"{FORMAT}\nversion {manifest.version}\nboard {manifest.board}\nmpy {manifest.mpy}\n"
    files = sorted(manifest.files, key=lambda each: each.path)
    lines = (f"{each.sha256} {each.size_bytes} {each.path}\n" for each in files)
    return f"{head}files {len(files)}\n{''.join(lines)}".encode()


def read_manifest(content: bytes) -> Manifest:
    """Read a manifest as strictly as a device does; refuses with InvalidRelease."""
    text = content.decode("ascii", errors="replace")
    head = _HEAD.match(text)
    if not head or not is_board(head[2]) or len(content) > LARGEST_MANIFEST_BYTES:
        raise InvalidRelease(fields={"manifest": ["This is no manifest of a firmware."]})
    number_of(head[1])
    lines = text[head.end() :].splitlines(keepends=True)
    found = [_FILE.fullmatch(line.removesuffix("\n")) for line in lines]
    if len(lines) != int(head[4]) or not 0 < len(lines) <= MOST_FILES or not all(found):
        raise InvalidRelease(fields={"manifest": ["The manifest's list of files is malformed."]})
    files = tuple(FileEntry(each[3], int(each[2]), each[1]) for each in found)
    if not text.endswith("\n") or len({each.path for each in files}) != len(files):
        raise InvalidRelease(fields={"manifest": ["The manifest's list of files is malformed."]})
    return Manifest(head[1], head[2], int(head[3]), files)


def require_contents(manifest: Manifest, contents: Iterable[bytes]) -> None:
    """Refuse with InvalidRelease unless the contents are those of the manifest's files, all and no other."""
    sizes = {sha256_of(content): len(content) for content in contents}
    named = {each.sha256: each.size_bytes for each in manifest.files}
    if sizes != named or max(sizes.values()) > LARGEST_FILE_BYTES:
        raise InvalidRelease(fields={"files": ["The files are not those that the manifest names."]})


def is_signed(manifest: bytes, signature: str, modulus: int) -> bool:
    """Say whether a signature (hexadecimal) is that of a manifest: RSA-2048, PKCS#1 v1.5, SHA-256.

    The whole encoded block is compared and nothing of it is parsed, as on the device.
    """
    if not re.fullmatch(rf"[0-9a-f]{{{KEY_BITS // 4}}}", signature) or modulus.bit_length() != KEY_BITS:
        return False
    info = _DIGEST_INFO + hashlib.sha256(manifest).digest()
    block = b"\x00\x01" + b"\xff" * (KEY_BITS // 8 - 3 - len(info)) + b"\x00" + info
    number = int(signature, 16)
    return number < modulus and pow(number, EXPONENT, modulus) == int.from_bytes(block, "big")


def newest(releases: Sequence[ReleaseRecord], version: str) -> ReleaseRecord | None:
    """Return the newest of these releases if it is newer than a version."""
    newer = [each for each in releases if number_of(each.version) > number_of(version)]
    return max(newer, key=lambda each: number_of(each.version), default=None)
