"""What a manifest says of an update, and whether this device may take it."""

from micropython import const

from ota.errors import UpdateRefused

_FORMAT = "tapledger-firmware 1"
_LONGEST_LINE = const(192)
_MOST_FILES = const(200)
_LARGEST_FILE = const(65536)
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789_/."


class Manifest:
    """A manifest on the flash: its head in memory, its files read line by line."""

    def __init__(self, flash, path):
        """Read the head; UpdateRefused when it is none."""
        self._flash = flash
        self._path = path
        with flash.open(path, "rb") as file:
            if _line(file) != _FORMAT:
                raise UpdateRefused("the manifest is of an unknown format")
            self.version = _value(file, "version")
            self.board = _value(file, "board")
            self.mpy = _whole(_value(file, "mpy"))
            self.count = _whole(_value(file, "files"))
        if not 0 < self.count <= _MOST_FILES:
            raise UpdateRefused("the manifest is malformed: files")

    def files(self):
        """Yield (path, size, SHA-256 in hexadecimal) of each file; UpdateRefused when a line is malformed."""
        with self._flash.open(self._path, "rb") as file:
            for _ in range(5):
                _line(file)
            for _ in range(self.count):
                yield _entry(_line(file))
            if file.read(1):
                raise UpdateRefused("the manifest is malformed: longer than it says")

    def require_fit(self, board, version, mpy):
        """Refuse what is for another board or another MicroPython, or is not newer than what runs.

        `mpy` is sys.implementation._mpy, whose lowest byte is the version of the format (None: loads none).
        """
        if self.board != board:
            raise UpdateRefused(f"the update is for the board {self.board}, this is {board}")
        if mpy is None or mpy & 0xFF != self.mpy:
            loads = "none" if mpy is None else mpy & 0xFF
            raise UpdateRefused(f"the update is .mpy version {self.mpy}, this MicroPython loads {loads}")
        if number_of(self.version) <= number_of(version):
            raise UpdateRefused(f"version {self.version} is not newer than {version}")


def number_of(version):
    """Return a version as numbers that compare; UpdateRefused when it is none."""
    numbers = [_whole(part) for part in version.split(".")]
    if len(numbers) != 3:
        raise UpdateRefused(f"{version} is no version")
    return tuple(numbers)


def _entry(line):
    parts = line.split(" ")
    if len(parts) != 3 or len(parts[0]) != 64 or not _is_path(parts[2]):
        raise UpdateRefused("the manifest is malformed: a file")
    size = _whole(parts[1])
    if size > _LARGEST_FILE:
        raise UpdateRefused(f"{parts[2]} is too large")
    return parts[2], size, parts[0]


def _is_path(path):
    # Compiled modules, and nothing that would lead out of the slot.
    for letter in path:
        if letter not in _LETTERS:
            return False
    is_inside = ".." not in path and "//" not in path and not path.startswith("/")
    return is_inside and path.endswith(".mpy")


def _value(file, name):
    key, _, value = _line(file).partition(" ")
    if key != name or not value:
        raise UpdateRefused(f"the manifest is malformed: {name}")
    return value


def _whole(text):
    if not text.isdigit() or len(text) > 6:
        raise UpdateRefused(f"the manifest is malformed: {text} is no number")
    return int(text)


def _line(file):
    line = file.readline(_LONGEST_LINE)
    try:
        text = line.decode()
    except ValueError:
        text = ""
    if text[-1:] != "\n":
        raise UpdateRefused("the manifest is malformed: cut off")
    return text[:-1]
