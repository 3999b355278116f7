"""The event counter and the five pairs of a ccTalk acceptor: what has happened since they were read before.

A reading is the eleven bytes of an answer to 229, Read buffered credit or error codes: the counter, then five
pairs of credit and path (or 0 and an error), the newest first.
"""

from binascii import hexlify, unhexlify

from micropython import const

LENGTH = const(11)
_PAIRS = const(5)
_OVER = const(255)

NEWS = const(0)
# The counter began again at 0; what was counted before is the baseline no more.
RESET = const(1)
# More has happened than the buffer holds.
LOST = const(2)
# There is nothing to compare with.
UNKNOWN = const(3)


def mark_of(reading):
    """Return a reading as the text that is kept on flash."""
    return hexlify(reading).decode()


def of_mark(mark):
    """Return the reading that was kept on flash, or None."""
    try:
        reading = unhexlify(mark or "")
    except ValueError:
        return None
    return reading if len(reading) == LENGTH else None


def compare(before, now):
    """Return (what it is, how many events are new).

    Counter 0 stands only after a reset; then it goes 1 to 255 and again 1, so the difference is taken over
    255. A reset that events have followed can look like a wrap: null pairs give it away, and so do older
    pairs that are not those read before.
    """
    if before is None:
        return UNKNOWN, 0
    if now[0] == 0:
        return (RESET if before[0] else NEWS), 0
    count = now[0] - before[0]
    if count < 0:
        count += _OVER
        if has_null(now, _PAIRS):
            return RESET, 0
    if count > _PAIRS:
        return LOST, count
    if has_null(now, count) or now[1 + 2 * count :] != before[1 : LENGTH - 2 * count]:
        return RESET, 0
    return NEWS, count


def has_null(reading, count):
    """Tell whether one of the newest pairs was never an event."""
    return any(reading[1 + 2 * number] == reading[2 + 2 * number] == 0 for number in range(count))


def steps(before, now, count):
    """Return the readings after each of the new events, oldest first: as if it had been read each time."""
    history = now[1 : 1 + 2 * count] + before[1:]
    made = []
    for newer in range(count - 1, -1, -1):
        counter = now[0] - newer
        if counter <= 0:
            counter += _OVER
        made.append(bytes((counter,)) + history[2 * newer : 2 * newer + 2 * _PAIRS])
    return made
