"""The api_token that pairing has given this device, on its flash."""

from binascii import crc32

from system.log import log

_FILE = "token"
_LIMIT = 256


def kept_token(files):
    """Return the api_token that pairing has left on flash, or None; a damaged one is none."""
    try:
        token, check = files.read_small(_FILE, _LIMIT).decode().split()
        return token if int(check, 16) == crc32(token.encode()) else None
    except ValueError:
        return None


def keep_token(files, token):
    """Write the api_token down; False when the flash took it not."""
    try:
        files.write_whole(_FILE, f"{token} {crc32(token.encode()):08x}\n".encode())
        return True
    except OSError as error:
        log("journal", f"token: {error!r}")
        return False
