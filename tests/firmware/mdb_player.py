"""Plays transcripts of the vending bus against the firmware's reader; runs under CPython and MicroPython."""

from drivers import mdb_events
from drivers.mdb_link import Link
from drivers.mdb_messages import LONGEST_BLOCK, Answers
from drivers.mdb_session import Session

try:
    from micropython import heap_lock, heap_unlock
except ImportError:

    def heap_lock():
        """CPython cannot refuse to allocate."""

    heap_unlock = heap_lock

SET_UP = (
    "> 110 010|> 112 012|> 000|> 111 000 00{0} 010 002 000 {1:03X}|> 000|> 111 001 0FF 0FF 000 000 010|"
    "> 114 001 015"
)


# The set-up's RESET has number 1. An approval is for this one, also when another has begun since.
_FIRST_REQUEST = 2


class Wire:
    """The transport: keeps what was sent last."""

    def __init__(self):
        self.on_word = None
        self.block = bytearray(LONGEST_BLOCK)
        self.count = 0

    def send(self, block, count):
        """Keep an answer, without allocating."""
        for index in range(count):
            self.block[index] = block[index]
        self.count = count

    def take(self):
        """Return the words of the last answer as text."""
        words = [f"{byte:03X}" for byte in self.block[: self.count]]
        if words:
            words[-1] = "1" + words[-1][1:]
        self.count = 0
        return " ".join(words)


class Player:
    """One reader, and the master's side of a transcript."""

    def __init__(self):
        self.is_late = False
        self.power_up()

    def power_up(self):
        """Begin as after the power came."""
        self.wire = Wire()
        self.session = Session(Answers(1, 2, 25, "000000000001"))
        self.link = Link(self.wire, self.session)

    def play(self, lines):
        """Play the lines of one transcript; return what was otherwise than it says."""
        wrong = []
        for line in lines:
            sign, rest = line[0], line[1:].strip()
            if sign == ">":
                self.say([int(word, 16) for word in rest.split()])
            elif sign == "<":
                said = self.wire.take()
                if said != rest:
                    wrong.append(f"{line}: it said {said}")
            elif sign == "!":
                heard = self.next_event()
                if heard != rest:
                    wrong.append(f"{line}: it heard {heard}")
            elif not self.act(rest):
                wrong.append(line + ": it did not")
        heard = self.next_event()
        if heard:
            wrong.append("at the end: it heard " + heard)
        return wrong

    def say(self, words):
        """Let the reader hear words in an interrupt, where nothing may be allocated."""
        self.wire.count = 0
        heap_lock()
        try:
            for word in words:
                self.link.on_word(word, self.is_late)
        finally:
            heap_unlock()

    def next_event(self):
        """Return the next event as text, or nothing."""
        event = self.session.events.next()
        if event is None:
            return ""
        names = [name for name in dir(mdb_events) if getattr(mdb_events, name) == event[0]]
        return f"{names[0]} {event[1]} {event[2]}"

    def act(self, what):
        """Do what the device does; False when that failed."""
        session, words = self.session, what.split()
        if what in ("late", "in time"):
            self.is_late = what == "late"
        elif what == "power up":
            self.power_up()
        elif words[0] == "set":
            self.set_up(int(words[2]))
        elif words[0] == "begin":
            return session.begin(int(words[1]))
        elif words[0] == "session":
            session.begin(500)
            self.say([0x112, 0x012])
            self.say([0x000])
        elif what == "approve revalue":
            return session.approve_revalue(session.request)
        elif words[0] == "approve":
            return session.approve(_FIRST_REQUEST, int(words[1])) == (words[-1] != "late")
        elif words[0] == "deny":
            session.deny(session.request)
        elif words[0] == "offer":
            session.revalue_limit_units = int(words[1])
        else:
            session.cancel()
        return True

    def set_up(self, level):
        """Play the set-up of a machine of this level."""
        for line in SET_UP.format(level, 0x23 + level).split("|"):
            self.say([int(word, 16) for word in line[2:].split()])
        while self.next_event():
            pass


def transcripts(text):
    """Return the titles and lines of a file of transcripts."""
    found = []
    for line in text.split("\n"):
        if line.startswith("== "):
            found.append((line[3:], []))
        elif line and line[0] != "#":
            found[-1][1].append(line)
    return found


def play_all(text):
    """Play all and return what was otherwise, each with its title."""
    wrong = []
    for title, lines in transcripts(text):
        for what in Player().play(lines):
            wrong.append(title + ": " + what)
    return wrong
