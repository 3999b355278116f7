"""The journal's lines on flash: each costs few operations of the flash chip, however long the file is."""

from micropython import const

from journal import records

_FILE = "journal"
_NEW_FILE = "journal.new"
_SHORT_FILES = ("journal.0", "journal.1")
_LONGEST_LINE = const(512)
_LONGEST_SHORT_FILE = const(4096)


class Lines:
    """Lines with a CRC each in a long file and, behind them, in a short one; what raises OSError is unknown.

    littlefs writes a block anew, up to the place where a file grows within it. So a line goes to a file of
    `short_limit` bytes, which is poured into the long one while nobody waits. The last line of its kind in
    the long file says which of the two short ones is in use: what is poured, or written anew, leaves the
    other one behind in the same step. With 0 there is the long file alone.
    """

    def __init__(self, files, short_limit):
        self._files = files
        self._short_limit = short_limit
        self._file = None
        self._turn = 0
        self._short_size = 0
        # The bytes of the long file; and what read() has found at the end of both, or in their middle.
        self.size = 0
        self.is_whole = True
        self.is_damaged = False

    @property
    def is_in_order(self):
        """Tell whether lines may follow on what read() has found."""
        return self.is_whole and (self._short_limit > 0 or not self._short_size)

    def read(self):
        """Yield (line, fields) up to the first bad line; `is_whole` and `is_damaged` are known at the end."""
        self.is_whole, self.is_damaged = True, False
        size = short_size = turn = 0
        for raw, fields in self._read_file(_FILE):
            size += len(raw)
            if fields[0] == records.SHORT_FILE:
                turn = -fields[1]
            else:
                yield raw, fields
        if not (self.is_whole and turn) and self._files.read_small(_SHORT_FILES[turn + 1 & 1], 1):
            # A pouring empties the other one first. So it is no torn end, but the line is bad or gone that
            # said which of them is in use, and how old their lines are nobody knows.
            self.is_whole, self.is_damaged = False, True
        if not self.is_damaged:
            # Where the end is torn, it was torn while this was poured.
            for raw, fields in self._read_file(_SHORT_FILES[turn & 1]):
                short_size += len(raw)
                yield raw, fields
        self.size, self._short_size, self._turn = size, short_size, turn

    def append(self, data, may_wait=True):
        """Write and flush; OSError when the flash took it not. What may not wait is never written twice."""
        if may_wait and self._short_size and self._short_size + len(data) > self._short_limit:
            self.pour()
        if self._file is None:
            self._file = self._files.open(self._short_name() if self._short_limit else _FILE, "ab")
        self._file.write(data)
        self._file.flush()
        if self._short_limit:
            self._short_size += len(data)
        else:
            self.size += len(data)

    def pour_early(self):
        """Make room for the next lines, which people wait for; OSError when the flash fails."""
        if self._short_limit and self._short_size > self._short_limit // 2:
            self.pour()

    def pour(self):
        """Put the short file behind the long one; OSError when the flash fails."""
        data = self._files.read_small(self._short_name(), _LONGEST_SHORT_FILE)
        if len(data) != self._short_size:
            # Whatever cannot be read would be left behind with the file that it stands in.
            raise OSError("the short file is not whole")
        self.close()
        data += self._next_turn()
        with self._files.open(_FILE, "ab") as file:
            file.write(data)
            file.flush()
        self.size += len(data)
        self._take_turn()

    def rewrite(self, lines):
        """Replace everything by these lines; OSError when the flash fails, and then all is as it was."""
        size = 0
        self.close()
        with self._files.open(_NEW_FILE, "wb") as file:
            # Line by line: there may be no room in memory for all of them in one piece.
            for data in lines:
                size += len(data)
                file.write(data)
            if self._short_limit or self._turn or self._short_size or self.is_damaged:
                data = self._next_turn()
                size += len(data)
                file.write(data)
            file.flush()
        self._files.replace(_NEW_FILE, _FILE)
        self.size = size
        self._take_turn()

    def close(self):
        """Let go of the file that grows."""
        if self._file is not None:
            file, self._file = self._file, None
            file.close()

    def _next_turn(self):
        # Emptied before it counts: what it held stands in the long file since the turn before.
        with self._files.open(_SHORT_FILES[self._turn + 1 & 1], "wb") as file:
            file.flush()
        return records.line([records.SHORT_FILE, -self._turn - 1, None])

    def _take_turn(self):
        self._turn += 1
        self._short_size = 0

    def _short_name(self):
        return _SHORT_FILES[self._turn & 1]

    def _read_file(self, name):
        try:
            file = self._files.open(name, "rb")
        except OSError:
            return
        with file:
            raw = file.readline(_LONGEST_LINE)
            while raw:
                fields = records.parse(raw)
                # Something behind a bad line: the file is not torn at its end, but damaged.
                raw_behind = file.readline(_LONGEST_LINE)
                if fields is None:
                    self.is_whole, self.is_damaged = False, bool(raw_behind)
                    return
                yield raw, fields
                raw = raw_behind
