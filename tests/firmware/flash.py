"""A flash memory whose power fails at a chosen byte: harsher than littlefs, whose appends are atomic."""

import errno


class PowerCut(BaseException):
    """The power is gone; nothing behind this line runs."""


class Power:
    """The power of one device. Once cut, whatever still touches flash, network or relay gets PowerCut."""

    def __init__(self):
        self.is_on = True

    def cut(self):
        """Fail now."""
        self.is_on = False
        raise PowerCut

    def need(self):
        """Go on only with power."""
        if not self.is_on:
            raise PowerCut


class FlashFiles:
    """Stands where system.files.Files does. Only what was flushed survives, and a flush may be torn anywhere.

    `units_left` counts durable steps down: each byte flushed, each creation and each rename is one; at zero
    the power fails. `is_full` refuses everything that would write.
    """

    def __init__(self, contents=None, power=None):
        self.power = power or Power()
        self.contents = dict(contents or {})
        self.units_left = None
        self.units_used = 0
        self.is_full = False

    def power_returns(self):
        """Work again, with what had become durable."""
        self.power.is_on = True
        self.units_left = None

    def open(self, name, mode):
        """Open a file as the device does."""
        if mode == "rb":
            if name not in self.contents:
                raise OSError(errno.ENOENT, name)
            return _Reading(self.contents[name])
        self._refuse_when_full()
        if mode == "wb" or name not in self.contents:
            self.spend()
            self.contents[name] = b""
        return _Writing(self, name)

    def replace(self, source, target):
        """Rename in one step."""
        self._refuse_when_full()
        self.spend()
        self.contents[target] = self.contents.pop(source)

    def read_small(self, name, limit):
        """Return the first bytes, or nothing."""
        return self.contents.get(name, b"")[:limit]

    def write_whole(self, name, data):
        """Write a file through a new one, as the device's own Files does."""
        with self.open(name + ".new", "wb") as file:
            file.write(data)
            file.flush()
        self.replace(name + ".new", name)

    def spend(self):
        """Use up one durable step; PowerCut when there is none left."""
        self.power.need()
        if self.units_left is not None:
            if not self.units_left:
                self.power.cut()
            self.units_left -= 1
        self.units_used += 1

    def append(self, name, data):
        """Make bytes durable, one by one."""
        self._refuse_when_full()
        for number in range(len(data)):
            self.spend()
            self.contents[name] += data[number : number + 1]

    def _refuse_when_full(self):
        if self.is_full:
            raise OSError(errno.ENOSPC, "full")


class _Reading:
    def __init__(self, data):
        self._data = data

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return

    def read(self, count=-1):
        data, self._data = (self._data, b"") if count < 0 else (self._data[:count], self._data[count:])
        return data

    def readline(self, limit):
        end = self._data.find(b"\n") + 1 or len(self._data)
        return self.read(min(end, limit))


class _Writing:
    def __init__(self, files, name):
        self._files = files
        self._name = name
        self._pending = b""

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.close()

    def write(self, data):
        self._pending += bytes(data)
        return len(data)

    def flush(self):
        pending, self._pending = self._pending, b""
        self._files.append(self._name, pending)

    def close(self):
        self.flush()
