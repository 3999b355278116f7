"""The master of the vending bus: it asks, waits, acknowledges, measures, and writes down what was said."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

from terminal_sim.chips.bus import Timeline
from terminal_sim.chips.mdb_bus import MODE, WORD_US, MdbBus, checksum

ACK, NAK, RET = 0x00, 0xFF, 0xAA
# t-response: an answer begins within 5 ms after the last word, and a pause in it is shorter than 1 ms.
LONGEST_ANSWER_US = 5_000
LONGEST_PAUSE_US = 1_000
LONGEST_BLOCK = 36
_KEPT_LINES = 400

# What a step of the master's life waits for: an answer, or time to pass.
Steps = Generator[int, list[int] | None, object]


@dataclass
class MasterFaults:
    """What goes wrong with the next exchanges; each is used up by one.

    `lost_acks`: an answer is heard and acted upon, its ACK never arrives. `unheard`: an answer is not heard
    at all. `asked_again`: RET in the place of ACK. `spoilt`: the checksum of a command is wrong.
    """

    lost_acks: int = 0
    unheard: int = 0
    asked_again: int = 0
    spoilt: int = 0

    def take(self, name: str) -> bool:
        """Tell whether this fault befalls the present exchange."""
        left = getattr(self, name)
        setattr(self, name, max(0, left - 1))
        return left > 0


class MdbMaster:
    """One exchange after the other; a life is a generator that `start` sets going.

    `violations` lists what a device did against section 2: a late answer, a long pause, a NAK, a block that
    is too long, words that nobody asked for. `answer_times_us` are from the end of a command to the start
    of its answer.
    """

    def __init__(self, timeline: Timeline, bus: MdbBus) -> None:
        self._timeline = timeline
        self._bus = bus
        self._life: Steps | None = None
        self._waits = 0
        self._answer: list[int] = []
        self._is_listening = False
        self._asked_us = 0
        self._last_began_us = 0
        self.faults = MasterFaults()
        self.answer_times_us: list[int] = []
        self.violations: list[str] = []
        self.transcript: list[str] = []
        bus.connect_master(self._hear)

    def start(self, life: Steps) -> None:
        """Begin to live; whatever was under way is forgotten."""
        self._life = life
        self._wake_at(self._timeline.now_us())

    def stop(self) -> None:
        """Lose the power."""
        self._life = None
        self._is_listening = False
        self._waits += 1

    def pause(self, duration_us: int) -> Steps:
        """Let time pass."""
        self._wake_at(self._timeline.now_us() + duration_us)
        yield 0

    def exchange(self, data: Sequence[int]) -> Generator[int, list[int] | None, list[int] | None]:
        """Send a command; return the data of its answer, [] for an ACK alone, None for silence."""
        block = [*data, (checksum(data) + self.faults.take("spoilt")) & 0xFF]
        self._note("master", block)
        answer = yield from self._ask([block[0] | MODE, *block[1:]])
        while answer is not None and len(answer) > 1 and self.faults.take("asked_again"):
            self._note("master", [RET])
            answer = yield from self._ask([RET])
        if answer is None or self.faults.take("unheard"):
            return None
        self._note("device", answer)
        if len(answer) == 1:
            return [] if answer[0] == ACK else None
        if not self.faults.take("lost_acks"):
            self._note("master", [ACK])
            self._wake_at(self._bus.send_to_device([ACK]))
            yield 0
        return answer[:-1]

    def _ask(self, words: Sequence[int]) -> Generator[int, list[int] | None, list[int] | None]:
        self._answer = []
        self._asked_us = self._last_began_us = self._bus.send_to_device(words)
        self._is_listening = True
        # A word that began in time has to be heard to its end.
        self._wake_at(self._asked_us + LONGEST_ANSWER_US + WORD_US + 1)
        answer = yield 0
        self._is_listening = False
        return answer

    def _hear(self, word: int, began_us: int) -> None:
        if not self._is_listening:
            self._violate(f"{word:03X} when nothing was asked")
            return
        if not self._answer:
            self.answer_times_us.append(began_us - self._asked_us)
            if began_us - self._asked_us > LONGEST_ANSWER_US:
                self._violate(f"answer after {began_us - self._asked_us} us")
        elif began_us - self._last_began_us - WORD_US > LONGEST_PAUSE_US:
            self._violate("a pause in an answer")
        self._last_began_us = began_us
        self._answer.append(word & 0xFF)
        if word & MODE:
            self._check(self._answer)
            self._resume(self._answer)
        else:
            self._wake_at(began_us + WORD_US + LONGEST_ANSWER_US)

    def _check(self, answer: list[int]) -> None:
        if answer == [NAK]:
            self._violate("NAK")
        elif len(answer) > LONGEST_BLOCK:
            self._violate(f"{len(answer)} bytes")
        elif len(answer) > 1 and checksum(answer[:-1]) != answer[-1]:
            self._violate("checksum")

    def _violate(self, what: str) -> None:
        self.violations.append(f"{self._timeline.now_us()} us: {what}")

    def _note(self, speaker: str, data: Sequence[int]) -> None:
        self.transcript.append(f"{speaker}: {' '.join(f'{byte:02X}' for byte in data)}")
        del self.transcript[:-_KEPT_LINES]

    def _wake_at(self, when_us: int) -> None:
        self._waits += 1
        wait = self._waits
        self._timeline.at(when_us, lambda: self._resume(None) if wait == self._waits else None)

    def _resume(self, answer: list[int] | None) -> None:
        self._waits += 1
        self._is_listening = False
        if self._life is None:
            return
        try:
            self._life.send(answer)
        except StopIteration:
            self._life = None
