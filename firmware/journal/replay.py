"""What the journal holds when the device starts: replayed once, and forgotten by the program then."""

from journal import records


class Replay:
    """The records of the journal's lines: those that are open, and the numbers of the remarkable ones.

    `settled` is the number up to which all is settled, whatever the lines say.
    """

    def __init__(self, lines, settled):
        self.last = settled
        self.remarkable = []
        self.dropped = 0
        self.coin_mark = (None, "")
        by_number = {}
        for _, fields in lines.read():
            if fields[0] == records.DROPPED:
                self.dropped = fields[1]
            elif fields[0] == records.COIN_MARK:
                self.coin_mark = (fields[1], fields[2])
            else:
                self._take(fields, by_number)
        if lines.is_damaged:
            # Coins may have been told behind the damage.
            self.coin_mark = (None, "")
        self.open = [by_number[number] for number in sorted(by_number) if number > settled]

    def _take(self, fields, by_number):
        self.last = max(self.last, fields[1])
        ended = apply(fields, by_number)
        if fields[0] == records.INTENT:
            self.coin_mark = records.mark_of(by_number[fields[1]]) or self.coin_mark
        if ended is not None and ended.note:
            self.dropped += records.remember(self.remarkable, ended.number) is not None


def of_lines(data):
    """Return the record of its intent line and its state line in one piece."""
    end = data.find(b"\n") + 1
    by_number = {}
    apply(records.parse(data[:end]), by_number)
    return apply(records.parse(data[end:]), by_number)


def apply(fields, by_number):
    """Replay one line onto the records that are open so far; return the one that ends with it, or None."""
    kind, number = fields[0], fields[1]
    if kind == records.INTENT:
        record = records.Record(number, fields[2], fields[3], fields[4], fields[5])
        record.text = fields[7]
        if fields[6] is not None:
            record.item = fields[6]
        record.is_durable = True
        by_number[number] = record
    elif number in by_number:
        record = by_number[number]
        record.state, record.note = kind, fields[2]
        if not record.is_open():
            return by_number.pop(number)
    return None
