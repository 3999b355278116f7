"""The journal: what this device has begun with money, written and flushed before it acts."""

from binascii import crc32

from journal import records
from journal.records import Record
from system.log import log

_FILE = "journal"
_NEW_FILE = "journal.new"
_SETTLED_FILE = "settled"
_LONGEST_LINE = 512
_REMARKABLE_KEPT = 32
# Coins that are already falling when the journal is nearly full must still find room.
_COIN_RESERVE = 4


class Journal:
    """Append-only lines on flash, each with its CRC and flushed on its own.

    `capacity` open records are the limit: `has_room` and `has_room_for_coins` turn False, and then debits and
    coins have to be refused. The file is written anew with what is still open or remarkable when it grows
    over `file_limit` bytes or its end is damaged; reading stops at the first bad line.
    """

    def __init__(self, files, entropy, capacity=32, file_limit=16384):
        # Needed once; the program forgets it afterwards.
        from journal.identity import next_start

        self._files = files
        self._capacity = capacity
        self._file_limit = self._rotate_above = file_limit
        self._file = None
        self._size = 0
        self._open = []
        # As their lines: a quarter less memory than as records.
        self._remarkable = []
        self._dropped = 0
        self._settled = self._read_settled()
        self._last = self._settled
        is_whole = self._replay()
        self.prefix = next_start(files, entropy)
        self.is_failing = False
        if is_whole:
            self._append(b"")
        else:
            log("journal", "the end is torn; written anew")
            self._rotate()
        if self._remarkable:
            log("journal", f"{len(self._remarkable)} remarkable records, {self._dropped} older ones dropped")

    @property
    def has_room(self):
        """Tell whether a debit or a top-up may begin."""
        return not self.is_failing and len(self._open) < self._capacity

    @property
    def has_room_for_coins(self):
        """Tell whether the coin slot may be open."""
        return not self.is_failing and len(self._open) < self._capacity - _COIN_RESERVE

    @property
    def open_records(self):
        """The records that are not settled, oldest first (a copy)."""
        return list(self._open)

    @property
    def remarkable(self):
        """The latest settled records that a person should look at (copies)."""
        return [records.of_lines(data) for data in self._remarkable]

    @property
    def dropped(self):
        """How many remarkable records there were before the latest ones, which alone are kept."""
        return self._dropped

    def new_record(self, kind, token, cents):
        """Return a record with the next key; nothing is written before begin()."""
        self._last += 1
        return Record(self._last, f"{self.prefix}-{self._last}", kind, token, cents)

    def begin(self, record):
        """Write the intent and flush; False when the flash took it not (it is then open in memory only).

        Called again with what has become known since, it replaces the intent that was written before.
        """
        if record not in self._open:
            self._open.append(record)
        # The next pulse of a coin does not wait until a file is written anew; the coin's own line can.
        record.is_durable = self._append(record.intent_line(), record.kind != records.COUNTING)
        return record.is_durable

    def forget(self, record):
        """Drop an intent that could not be written and was not sent."""
        if record in self._open:
            self._open.remove(record)

    def mark(self, record, state, note=None):
        """Write the state a record has reached and flush; False when the flash took it not."""
        before = record.state
        record.state, record.note = state, note
        is_written = self._append(record.state_line())
        if record.is_open():
            if not is_written:
                record.state = before
            return is_written
        self._open.remove(record)
        if note:
            log("journal", f"{record.key} {state}: {note}")
            self._remember(record)
        self._write_settled()
        return is_written

    def mend(self):
        """Try to write the journal anew when the flash took nothing the last time."""
        if self.is_failing:
            self._rotate()

    def _append(self, data, may_rotate=True):
        if self.is_failing:
            # What stands at the end of the file is unknown; only a new file can be trusted.
            return self._rotate()
        try:
            if self._file is None:
                self._file = self._files.open(_FILE, "ab")
            self._file.write(data)
            self._file.flush()
        except OSError as error:
            log("journal", f"write failed: {error!r}")
            return self._rotate()
        self._size += len(data)
        return self._rotate() if may_rotate and self._size > self._rotate_above else True

    def _rotate(self):
        size = 0
        try:
            self._close()
            with self._files.open(_NEW_FILE, "wb") as file:
                # Line by line: there may be no room in memory for all of them in one piece.
                for data in self._lines():
                    size += len(data)
                    file.write(data)
                file.flush()
            self._files.replace(_NEW_FILE, _FILE)
            self._file = self._files.open(_FILE, "ab")
        except OSError as error:
            log("journal", f"rotation failed: {error!r}")
            self.is_failing = True
            return False
        self._size = size
        # What has to be kept may be longer than the limit; the next lines are not to write it anew each time.
        self._rotate_above = max(self._file_limit, size + self._file_limit // 4)
        self.is_failing = False
        for record in self._open:
            record.is_durable = True
        return True

    def _lines(self):
        if self._dropped:
            yield records.line([records.DROPPED, self._dropped, None])
        yield from self._remarkable
        for record in self._open:
            yield record.intent_line()
            if record.state != records.INTENT:
                yield record.state_line()

    def _close(self):
        if self._file is not None:
            file, self._file = self._file, None
            file.close()

    def _replay(self):
        by_number = {}
        is_whole = True
        try:
            file = self._files.open(_FILE, "rb")
        except OSError:
            return True
        with file:
            while True:
                raw = file.readline(_LONGEST_LINE)
                if not raw:
                    break
                fields = records.parse(raw)
                if fields is None:
                    is_whole = False
                    break
                self._size += len(raw)
                if fields[0] == records.DROPPED:
                    self._dropped = fields[1]
                    continue
                self._last = max(self._last, fields[1])
                ended = records.apply(fields, by_number)
                if ended is not None and ended.note:
                    self._remember(ended)
        self._open = [by_number[number] for number in sorted(by_number) if number > self._settled]
        return is_whole

    def _remember(self, record):
        self._remarkable.append(record.intent_line() + record.state_line())
        if len(self._remarkable) > _REMARKABLE_KEPT:
            self._remarkable.pop(0)
            self._dropped += 1

    def _read_settled(self):
        try:
            number, check = self._files.read_small(_SETTLED_FILE, 32).decode().split()
            return int(number) if int(check, 16) == crc32(number.encode()) else 0
        except ValueError:
            return 0

    def _write_settled(self):
        # Up to this number all is settled. When a line in the middle of the journal goes bad, the records
        # before it look open again; this small file keeps them from being given back after the goods.
        settled = min([record.number for record in self._open]) - 1 if self._open else self._last
        if settled == self._settled:
            return
        body = str(settled)
        try:
            self._files.write_whole(_SETTLED_FILE, f"{body} {crc32(body.encode()):08x}\n".encode())
            self._settled = settled
        except OSError as error:
            log("journal", f"settled mark: {error!r}")
