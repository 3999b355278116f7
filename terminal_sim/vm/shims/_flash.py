"""The device's filesystem: littlefs on the simulated flash, reached by the host's calls."""

import io
from binascii import hexlify, unhexlify

import _host

_CHUNK = 2048
_IOCTL_FLUSH = 1
_IOCTL_CLOSE = 4
_IOCTL_BUFFER_SIZE = 11
_LONGEST_BITE = 255
_EINVAL = 22
_EBADF = 9


def _checked(answer):
    if isinstance(answer, int) and answer < 0:
        raise OSError(-answer)
    return answer


class File(io.IOBase):
    """An open file; what was not flushed or closed when the power fails is gone."""

    def __init__(self, path, mode):
        self._is_text = "b" not in mode
        self._number = _checked(_host.file_open(path, mode))
        # Who only reads fetches ahead: to ask the host takes longer than what it answers.
        self._fetches = _CHUNK if mode in ("r", "rb") else 0
        self._ahead, self._taken = b"", 0

    def _take(self, count):
        if self._number < 0:
            raise OSError(_EBADF)
        data = self._ahead[self._taken : self._taken + count]
        self._taken += len(data)
        missing = count - len(data)
        if missing:
            answer = _checked(_host.file_read(self._number, max(missing, self._fetches)))
            self._ahead, self._taken = unhexlify(answer), missing
            data += self._ahead[:missing]
        return data

    def _as_read(self, data):
        return str(data, "utf-8") if self._is_text else data

    def readinto(self, buffer, count=-1):
        """Read into the buffer and return the number of bytes."""
        data = self._take(len(buffer) if count < 0 else min(count, len(buffer)))
        buffer[: len(data)] = data
        return len(data)

    def read(self, count=-1):
        """Read count bytes, or all that is left."""
        if count >= 0:
            return self._as_read(self._take(count))
        parts = []
        while True:
            part = self._take(_CHUNK)
            if not part:
                return self._as_read(b"".join(parts))
            parts.append(part)

    def readline(self, limit=-1):
        """Read up to and with the next line feed, at most so many bytes."""
        line = b""
        while limit < 0 or len(line) < limit:
            part = self._take(64 if limit < 0 else min(64, limit - len(line)))
            end = part.find(b"\n") + 1
            if end:
                self.seek(end - len(part), 1)
                return self._as_read(line + part[:end])
            line += part
            if not part:
                break
        return self._as_read(line)

    def __iter__(self):
        return self

    def __next__(self):
        line = self.readline()
        if not line:
            raise StopIteration
        return line

    def write(self, data):
        """Hand bytes to littlefs; they are safe after flush() or close()."""
        if self._number < 0:
            raise OSError(_EBADF)
        raw = data.encode() if isinstance(data, str) else data
        _checked(_host.file_write(self._number, hexlify(raw).decode()))
        return len(data)

    def seek(self, offset, whence=0):
        """Move to a byte offset from the start (0), here (1) or the end (2)."""
        if whence == 1:
            offset -= max(0, len(self._ahead) - self._taken)
        self._ahead, self._taken = b"", 0
        return _checked(_host.file_seek(self._number, offset, whence))

    def tell(self):
        """Return the byte offset."""
        return self.seek(0, 1)

    def flush(self):
        """Make everything written so far survive a power cut."""
        _checked(_host.file_flush(self._number))

    def close(self):
        """Flush and close; a second close does nothing."""
        if self._number >= 0:
            number, self._number = self._number, -1
            _checked(_host.file_close(number))

    def ioctl(self, request, argument):
        """Serve the stream calls that the VM makes when it imports a module."""
        if request == _IOCTL_CLOSE:
            self.close()
            return 0
        if request == _IOCTL_FLUSH:
            self.flush()
            return 0
        if request == _IOCTL_BUFFER_SIZE:
            # The compiler would otherwise fetch a module in bites of twenty bytes.
            return _LONGEST_BITE
        return -_EINVAL

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Flash:
    """The filesystem object mounted at the root."""

    def __init__(self):
        self._folder = "/"

    def _path(self, path):
        return path if path.startswith("/") else self._folder + path

    def mount(self, readonly, mkfs):
        """The host has mounted littlefs already."""

    def umount(self):
        """Nothing is held here."""

    def open(self, path, mode):
        """Open a file of the flash."""
        return File(self._path(path), mode)

    def chdir(self, path):
        """Change the folder that relative paths start from."""
        path = self._path(path)
        if path != "/" and not self.stat(path)[0] & 0x4000:
            raise OSError(_EINVAL)
        self._folder = path if path.endswith("/") else path + "/"

    def getcwd(self):
        """Return the current folder."""
        return self._folder if self._folder == "/" else self._folder[:-1]

    def stat(self, path):
        """Return the mode and size, as os.stat orders them."""
        kind, size = _checked(_host.path_stat(self._path(path))).split(",")
        return (0x4000 if kind == "d" else 0x8000, 0, 0, 0, 0, 0, int(size), 0, 0, 0)

    def statvfs(self, path):
        """Return block sizes and counts, as os.statvfs orders them."""
        size, count, free = [int(part) for part in _host.space().split(",")]
        return (size, size, count, free, free, 0, 0, 0, 0, 255)

    def ilistdir(self, path):
        """Yield (name, kind, inode, size) of each entry."""
        listing = _checked(_host.path_list(self._path(path)))
        for entry in listing.split("\n") if listing else ():
            kind, size, name = entry.split(",", 2)
            yield (name, 0x4000 if kind == "d" else 0x8000, 0, int(size))

    def mkdir(self, path):
        """Make a folder."""
        _checked(_host.path_mkdir(self._path(path)))

    def remove(self, path):
        """Remove a file."""
        _checked(_host.path_remove(self._path(path)))

    def rmdir(self, path):
        """Remove an empty folder."""
        _checked(_host.path_remove(self._path(path)))

    def rename(self, old, new):
        """Rename atomically, over an existing file too."""
        _checked(_host.path_rename(self._path(old), self._path(new)))
