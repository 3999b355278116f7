"""The journal: what this device has begun with money, written and flushed before it acts."""

from binascii import crc32

from journal import records
from journal.lines import Lines
from journal.records import Record
from system.log import log

_SETTLED_FILE = "settled"
# Coins that are already falling when the journal is nearly full must still find room.
_COIN_RESERVE = 4


class Journal:
    """Append-only lines on flash, each with its CRC and flushed on its own, the latest in a short file.

    `capacity` open records are the limit: `has_room` and `has_room_for_coins` turn False, and then debits and
    coins have to be refused. The file is written anew with what is still open or remarkable when it grows
    over `file_limit` bytes or its end is damaged; reading stops at the first bad line.
    """

    def __init__(self, files, entropy, capacity=32, file_limit=16384, short_limit=0):
        # Needed once; the program forgets them afterwards.
        from journal.identity import next_start
        from journal.replay import Replay

        self._files = files
        self.capacity = capacity
        self._file_limit = self._rotate_above = file_limit
        self._lines = Lines(files, short_limit)
        # The lines, by number, of those that flash has not taken yet.
        self._unwritten = {}
        self._settled = self._read_settled()
        replay = Replay(self._lines, self._settled)
        self._open = replay.open
        # Their numbers, oldest first; the lines stay on flash, where people read them.
        self._remarkable = replay.remarkable
        self._dropped = replay.dropped
        self._coin_mark = replay.coin_mark
        self._last = replay.last
        self.prefix = next_start(files, entropy)
        self.is_failing = False
        if self._lines.is_in_order:
            self._append(b"")
        else:
            if not self._lines.is_whole:
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
        from journal.replay import of_lines

        return [of_lines(data) for data in self._remarkable_lines()]

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
            if record.number <= self._settled:
                # It was shown before it began, and what was still open then has been settled since. Its key
                # stays as it is.
                self._last += 1
                record.number = self._last
            self._open.append(record)
        before = self._coin_mark
        self._coin_mark = records.mark_of(record) or before
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
        """Write the journal anew when the flash took nothing the last time; else make room for what comes."""
        try:
            self._lines.pour_early()
        except OSError as error:
            log("journal", f"write failed: {error!r}")
            self.is_failing = True
        if self.is_failing or self._lines.size > self._rotate_above:
            self._rotate()

    def _append(self, data, may_rotate=True):
        if self.is_failing:
            # What stands at the end of the file is unknown; only a new file can be trusted.
            return self._rotate()
        try:
            self._lines.append(data, may_rotate)
        except OSError as error:
            log("journal", f"write failed: {error!r}")
            return self._rotate()
        return self._rotate() if may_rotate and self._lines.size > self._rotate_above else True

    def _rotate(self):
        try:
            self._lines.rewrite(self._kept_lines())
        except OSError as error:
            log("journal", f"rotation failed: {error!r}")
            self.is_failing = True
            return False
        self._unwritten.clear()
        # What has to be kept may be longer than the limit; the next lines are not to write it anew each time.
        self._rotate_above = max(self._file_limit, self._lines.size + self._file_limit // 4)
        self.is_failing = False
        for record in self._open:
            record.is_durable = True
        return True

    def _kept_lines(self):
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
        # Each one's lines in one piece, from the file as it is; an intent may stand there more than once, and
        # all of what the power has cut off while it was poured.
        intents = {}
        wanted = [number for number in self._remarkable if number not in self._unwritten]
        for raw, fields in self._lines.read() if wanted else ():
            if fields[1] not in wanted:
                continue
            if fields[0] == records.INTENT:
                intents[fields[1]] = raw
            elif fields[1] in intents and fields[0] not in records.OPEN_STATES:
                wanted.remove(fields[1])
                yield intents.pop(fields[1]) + raw
        for number in self._remarkable:
            if number in self._unwritten:
                yield self._unwritten[number]

    def _mark_line(self):
        return records.line([records.COIN_MARK, self._coin_mark[0], self._coin_mark[1]])

    def _remember(self, record):
        forgotten = records.remember(self._remarkable, record.number)
        if forgotten is not None:
            self._unwritten.pop(forgotten, None)
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
