"""The device's real littlefs under CPython, on a flash chip whose power fails at a chosen operation."""

from terminal_sim.vm.files import Files
from terminal_sim.vm.flash import FlashChip
from tests.firmware.flash import PowerCut

_FOLDER = 0x4000


class LittleFlash:
    """Stands where slots.Flash does. What is done after the power failed raises PowerCut."""

    def __init__(self, chip=None):
        self.chip = chip or FlashChip()
        self.chip.power_on()
        self.files = Files(self.chip)

    def boot(self):
        """Return the flash as it is found at the next start."""
        self.files.abandon()
        return LittleFlash(self.chip)

    def call(self, name, *arguments):
        """Do what the VM's shims do: OSError for a negative answer."""
        answer = self.files.answer(name, arguments)
        if not self.chip.has_power:
            raise PowerCut
        if isinstance(answer, int) and answer < 0:
            raise OSError(-answer, name)
        return answer

    def open(self, path, mode):
        """Open a file in binary mode."""
        return _File(self, self.call("file_open", path, mode))

    def rename(self, old, new):
        """Rename, over an existing file too."""
        self.call("path_rename", old, new)

    def remove(self, path):
        """Remove a file or an empty folder."""
        self.call("path_remove", path)

    def mkdir(self, path):
        """Make a folder."""
        self.call("path_mkdir", path)

    def ilistdir(self, path):
        """Yield entries as os.ilistdir does."""
        listing = self.call("path_list", path)
        for entry in listing.split("\n") if listing else ():
            kind, size, name = entry.split(",", 2)
            yield name, _FOLDER if kind == "d" else 0x8000, 0, int(size)

    def read(self, path):
        """Return what a file holds, or None."""
        try:
            return self.files.read(path)
        except FileNotFoundError:
            return None


class _File:
    def __init__(self, flash, number):
        self._flash = flash
        self._number = number

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # Without power nothing closes a file; whoever was cut off knows it already.
        if self._flash.chip.has_power:
            self._flash.call("file_close", self._number)

    def read(self, count):
        return bytes.fromhex(self._flash.call("file_read", self._number, count))

    def readinto(self, buffer):
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def readline(self, limit):
        data = self.read(limit)
        line = data[: data.find(b"\n") + 1] or data
        self._flash.call("file_seek", self._number, len(line) - len(data), 1)
        return line

    def write(self, data):
        return self._flash.call("file_write", self._number, bytes(data).hex())

    def flush(self):
        self._flash.call("file_flush", self._number)

    def close(self):
        self._flash.call("file_close", self._number)
