"""The PIO programs of the vending bus, cycle by cycle: what they hear, send, and find too late."""

import pytest
from drivers.mdb_messages import SPOILT
from drivers.mdb_pio import PioWords

from tests.firmware.pio import Line, Rp2

CYCLES_A_BIT = 16
CYCLES_A_MS = 153.6
IDLE_MS = 10


class PioBench:
    """The two lines, the state machines, and a processor that takes interrupts when it is not held."""

    def __init__(self):
        self.rp2 = Rp2()
        self.receive, self.transmit = Line(), Line()
        self.words = PioWords(self.rp2, self.receive, self.transmit)
        self.words.on_word = lambda word, is_late: self.heard.append((word, is_late))
        self.heard = []
        self.sent_levels = []
        self.is_held = False

    def pass_cycles(self, count, level=1):
        """Let cycles pass with a level on the receiving line."""
        self.receive.level = level
        for _ in range(count):
            for machine in self.rp2.machines:
                machine.cycle()
                if not self.is_held:
                    machine.serve()
            self.sent_levels.append(self.transmit.level)

    def pass_ms(self, duration_ms):
        """Let an idle line be."""
        self.pass_cycles(round(duration_ms * CYCLES_A_MS))

    def say(self, *words, cycles_a_bit=CYCLES_A_BIT, stop_bit=1):
        """Send words from the master, back to back, by a clock that may be wrong."""
        bits = [bit for word in words for bit in (0, *(word >> n & 1 for n in range(9)), stop_bit)]
        passed = 0
        for number, bit in enumerate(bits, 1):
            until = round(number * cycles_a_bit)
            self.pass_cycles(until - passed, bit)
            passed = until

    def sent_words(self):
        """Return the words on the transmitting line, and the idle cycles before each."""
        words, gaps, at, idle_since = [], [], 0, 0
        while 0 in self.sent_levels[at:]:
            at = self.sent_levels.index(0, at)
            gaps.append(at - idle_since)
            middle = at + CYCLES_A_BIT // 2
            bits = [self.sent_levels[middle + n * CYCLES_A_BIT] for n in range(11)]
            assert (bits[0], bits[10]) == (0, 1)
            words.append(sum(bit << n for n, bit in enumerate(bits[1:10])))
            idle_since = at = at + 10 * CYCLES_A_BIT
        return words, gaps


@pytest.fixture
def bench():
    made = PioBench()
    made.pass_ms(IDLE_MS)
    return made


def test_each_word_is_heard_with_its_mode_bit(bench):
    bench.say(0x112, 0x012, 0x000, 0x1FF, 0x0AA, 0x155)
    bench.pass_ms(IDLE_MS)
    assert bench.heard == [(word, False) for word in (0x112, 0x012, 0x000, 0x1FF, 0x0AA, 0x155)]
    assert bench.rp2.hertz == {CYCLES_A_BIT * 9600}


@pytest.mark.parametrize("cycles_a_bit", [15.5, 16.5])
def test_a_clock_that_is_three_percent_wrong_is_understood(bench, cycles_a_bit):
    words = [0x110, 0x010, 0x0FF, 0x100]
    bench.say(*words, cycles_a_bit=cycles_a_bit)
    bench.pass_ms(IDLE_MS)
    assert bench.heard == [(word, False) for word in words]


@pytest.mark.parametrize(("held_ms", "is_late"), [(0.5, False), (3.5, False), (4.2, True), (30, True)])
def test_a_word_that_the_processor_meets_after_four_milliseconds_is_late(bench, held_ms, is_late):
    bench.is_held = True
    bench.say(0x112, 0x012)
    bench.pass_ms(held_ms)
    bench.is_held = False
    bench.pass_ms(IDLE_MS)
    assert bench.heard[-1] == (0x012, is_late)


def test_words_with_others_behind_them_or_lost_are_late(bench):
    bench.is_held = True
    bench.say(*[0x112, 0x012] * 4)
    bench.is_held = False
    bench.pass_ms(IDLE_MS)
    assert [is_late for _, is_late in bench.heard] == [True] * 4
    bench.say(0x112, 0x012)
    assert bench.heard[-2:] == [(0x112, False), (0x012, False)]


def test_a_word_without_its_stop_bit_is_spoilt(bench):
    bench.say(0x155, stop_bit=0)
    bench.pass_ms(IDLE_MS)
    assert bench.heard[0][0] == SPOILT


@pytest.mark.parametrize("count", [1, 2, 11, 36])
def test_an_answer_has_the_mode_bit_on_its_last_byte_alone_and_no_pause(bench, count):
    block = bytes((7 * n + 1) & 0xFF for n in range(count))
    bench.words.send(block, count)
    bench.pass_ms(count * 1.2 + IDLE_MS)
    words, gaps = bench.sent_words()
    assert words == [*block[:-1], block[-1] | 0x100]
    # From stop bit to start bit: the stop bit itself and one cycle.
    assert set(gaps[1:]) <= {CYCLES_A_BIT + 1}


def test_an_answer_is_sent_while_the_processor_is_busy_for_eight_words(bench):
    bench.words.send(bytes(range(1, 9)), 8)
    bench.is_held = True
    bench.pass_ms(IDLE_MS)
    assert bench.sent_words()[0] == [1, 2, 3, 4, 5, 6, 7, 0x108]
