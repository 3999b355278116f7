"""Who this device is in its keys: an id made once, and the number of this start."""

from binascii import crc32, hexlify

from system.log import log

_FILE = "identity"
_LIMIT = 64


def next_start(files, entropy):
    """Count this start and return the prefix of its keys, `<install id>-<start>`.

    Keys come from no clock. A flash that was wiped, or whose identity is damaged, gets a new install id from
    `entropy(count) -> bytes`, so that it can never make a key again which the ledger knows.
    """
    install, start = _read(files.read_small(_FILE, _LIMIT))
    if install is None:
        install, start = hexlify(entropy(4)).decode(), 0
        log("journal", f"new install id {install}")
    start += 1
    body = f"{install} {start}"
    files.write_whole(_FILE, f"{body} {crc32(body.encode()):08x}\n".encode())
    return f"{install}-{start}"


def _read(data):
    try:
        install, start, check = data.decode().split()
        if int(check, 16) == crc32(f"{install} {start}".encode()):
            return install, int(start)
    except ValueError:
        pass
    return None, 0
