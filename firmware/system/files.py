"""The one door to the flash: open, replace and make folders below one root."""

import os

_EEXIST = 17


class Files:
    """Files below a folder of the device's flash."""

    def __init__(self, root):
        self._root = root
        try:
            os.mkdir(root)
        except OSError as error:
            if error.errno != _EEXIST:
                raise

    def open(self, name, mode):
        """Open a file in binary mode ("rb", "wb" or "ab"); OSError as `open` raises it."""
        return open(self._root + "/" + name, mode)

    def replace(self, source, target):
        """Put the source in the place of the target. littlefs does this in one step or not at all."""
        os.rename(self._root + "/" + source, self._root + "/" + target)

    def read_small(self, name, limit):
        """Return the first bytes of a file, or b"" when there is none."""
        try:
            with self.open(name, "rb") as file:
                return file.read(limit)
        except OSError:
            return b""

    def write_whole(self, name, data):
        """Write a file so that a power cut leaves the old content or the new one."""
        with self.open(name + ".new", "wb") as file:
            file.write(data)
            file.flush()
        self.replace(name + ".new", name)
