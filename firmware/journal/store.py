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
        self.capacity = capacity
        self._file_limit = self._rotate_above = file_limit
        self._file = None
        self._size = 0
        self._open = []
        # Their numbers, oldest first; the lines stay on flash, where people read them.
        self._remarkable = []
        # The lines, by number, of those that flash has not taken yet.
        self._unwritten = {}
        self._dropped = 0
        self._coin_mark = (None, "")
        self._is_damaged = False
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
        return not self.is_failing and len(self._open) < self.capacity

    @property
    def has_room_for_coins(self):
        """Tell whether the coin slot may be open."""
        return not self.is_failing and len(self._open) < self.capacity - _COIN_RESERVE

    @property
    def open_records(self):
        """The records that are not settled, oldest first (a copy)."""
        return list(self._open)

    @property
    def remarkable(self):
        """The latest settled records that a person should look at (copies, read from flash)."""
        return [records.of_lines(data) for data in self._remarkable_lines()]

    @property
    def dropped(self):
        """How many remarkable records there were before the latest ones, which alone are kept."""
        return self._dropped

    @property
    def coin_mark(self):
        """Up to where the coin acceptor has been counted, as it told it; None when that is not known."""
        return self._coin_mark[0]

    @property
    def coin_token(self):
        """The token whose coins come after the mark, or ""."""
        return self._coin_mark[1]

    def keep_coin_mark(self, mark, token):
        """Write down up to where the acceptor has been counted and who is next; False when flash refuses."""
        before, self._coin_mark = self._coin_mark, (mark, token)
        is_written = self._append(self._mark_line())
        if not is_written:
            self._coin_mark = before
        return is_written

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
        before = self._coin_mark
        self._take_mark(record)
        # The next pulse of a coin does not wait until a file is written anew; the coin's own line can.
        record.is_durable = self._append(record.intent_line(), record.kind != records.COUNTING)
        if not record.is_durable:
            self._coin_mark = before
        elif record.kind == records.COIN:
            # It is kept for the journal as a whole; with each record it would fill the memory.
            record.item = None
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
            if not is_written:
                self._unwritten[record.number] = record.intent_line() + record.state_line()
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
        self._unwritten.clear()
        # What has to be kept may be longer than the limit; the next lines are not to write it anew each time.
        self._rotate_above = max(self._file_limit, size + self._file_limit // 4)
        self.is_failing = False
        for record in self._open:
            record.is_durable = True
        return True

    def _lines(self):
        if self._dropped:
            yield records.line([records.DROPPED, self._dropped, None])
        yield from self._remarkable_lines()
        for record in self._open:
            yield record.intent_line()
            if record.state != records.INTENT:
                yield record.state_line()
        if self._coin_mark[0] or self._remarkable:
            # Last, because each coin's line before it brings a mark of its own, of which none may be true.
            yield self._mark_line()

    def _remarkable_lines(self):
        # Each one's lines in one piece, from the file as it is; an intent may stand there more than once.
        intents = {}
        for raw, fields in self._file_lines() if self._remarkable else ():
            if fields is None or fields[1] not in self._remarkable or fields[1] in self._unwritten:
                continue
            if fields[0] == records.INTENT:
                intents[fields[1]] = raw
            elif fields[1] in intents and fields[0] not in records.OPEN_STATES:
                yield intents.pop(fields[1]) + raw
        for number in self._remarkable:
            if number in self._unwritten:
                yield self._unwritten[number]

    def _file_lines(self):
        # As (line, fields), up to the first bad line, whose fields are None.
        try:
            file = self._files.open(_FILE, "rb")
        except OSError:
            return
        with file:
            raw = file.readline(_LONGEST_LINE)
            while raw:
                fields = records.parse(raw)
                # Something behind a bad line: the file is not torn at its end, but damaged.
                raw_behind = file.readline(_LONGEST_LINE)
                self._is_damaged = fields is None and bool(raw_behind)
                yield raw, fields
                raw = raw_behind if fields else None

    def _mark_line(self):
        return records.line([records.COIN_MARK, self._coin_mark[0], self._coin_mark[1]])

    def _take_mark(self, record):
        if record.item and record.kind in (records.COIN, records.UNKNOWN_COIN):
            self._coin_mark = (record.item, record.token)

    def _close(self):
        if self._file is not None:
            file, self._file = self._file, None
            file.close()

    def _replay(self):
        by_number = {}
        is_whole = True
        for raw, fields in self._file_lines():
            if fields is None:
                # The last one; the file closes behind it.
                is_whole = False
                continue
            self._size += len(raw)
            if fields[0] == records.DROPPED:
                self._dropped = fields[1]
            elif fields[0] == records.COIN_MARK:
                self._coin_mark = (fields[1], fields[2])
            else:
                self._replay_line(fields, by_number)
        if self._is_damaged:
            # Coins may have been told behind the damage.
            self._coin_mark = (None, "")
        self._open = [by_number[number] for number in sorted(by_number) if number > self._settled]
        return is_whole

    def _replay_line(self, fields, by_number):
        self._last = max(self._last, fields[1])
        ended = records.apply(fields, by_number)
        if fields[0] == records.INTENT:
            self._take_mark(by_number[fields[1]])
        if ended is not None and ended.note:
            self._remember(ended)

    def _remember(self, record):
        self._remarkable.append(record.number)
        if len(self._remarkable) > _REMARKABLE_KEPT:
            self._unwritten.pop(self._remarkable.pop(0), None)
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
