"""ccTalk as bytes on the line: the specification's own examples, and damaged answers."""

import pytest
from drivers import cctalk
from drivers.cctalk import CcTalkError, CcTalkLine

from tests.terminal_sim.chips.microcontroller import OneWireUart

BYTE_MS = 2


class Peripheral:
    """The far end of the wire: echoes what it hears, unless told otherwise, and says what it is told to."""

    def __init__(self, world):
        self.timeline = world.timeline
        self.uart = OneWireUart(world.timeline, self)
        self.heard = []
        self.answers = []
        self.spoil = lambda data: data

    def receive(self, data):
        """Hear what was sent, and answer 3 ms later."""
        self.heard.append(list(data))
        self.echo(self.spoil(data))
        if self.answers:
            answer = bytes(self.answers.pop(0))
            self.timeline.at(self.timeline.now_us() + 3000, lambda: self.send(answer))


@pytest.fixture
def peripheral(world):
    return Peripheral(world)


@pytest.fixture
def line(peripheral):
    return CcTalkLine(peripheral.uart)


def ask(world, line, header, data=b"", length=0):
    return world.run(line.ask(header, data, length))


def test_the_example_of_the_specification_asks_for_the_category(world, peripheral, line):
    # TX 002 000 001 245 008, RX 001 013 002 000 'Coin Acceptor' 022: sum of all bytes = 0 mod 256.
    peripheral.answers = [[1, 13, 2, 0, *b"Coin Acceptor", 22]]
    assert ask(world, line, 245, length=None) == b"Coin Acceptor"
    assert peripheral.heard == [[2, 0, 1, 245, 8]]


def test_simple_poll_is_acknowledged_by_an_empty_answer(world, peripheral, line):
    peripheral.answers = [[1, 0, 2, 0, 253]]
    assert ask(world, line, 254) == b""
    assert peripheral.heard == [[2, 0, 1, 254, 255]]


def test_all_coin_inhibits_are_lifted_as_the_specification_writes_it(world, peripheral, line):
    peripheral.answers = [[1, 0, 2, 0, 253]]
    ask(world, line, 231, b"\xff\xff")
    assert peripheral.heard == [[2, 2, 1, 231, 255, 255, 22]]


def test_the_crc_variant_is_the_specifications(world, peripheral):
    line = CcTalkLine(peripheral.uart, address=40)
    line.uses_crc = True
    # TX 40 0 182 254 33, RX 1 0 48 0 55: CRC-CCITT from 0, low byte in the place of the source.
    peripheral.answers = [[1, 0, 48, 0, 55]]
    assert ask(world, line, 254) == b""
    assert peripheral.heard == [[40, 0, 182, 254, 33]]
    assert list(cctalk.message(40, 1, uses_crc=True)) == [40, 0, 70, 1, 63]


def test_buffered_credit_is_a_counter_and_five_pairs(world, peripheral, line):
    data = [7, 2, 1, 0, 1, 4, 1, 0, 0, 0, 0]
    peripheral.answers = [[1, 11, 2, 0, *data, -(14 + sum(data)) & 255]]
    assert list(ask(world, line, 229, length=11)) == data


GOOD = [1, 0, 2, 0, 253]


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param([], id="silence"),
        pytest.param([1, 0, 2], id="torn"),
        pytest.param([1, 0, 2, 0, 252], id="wrong checksum"),
        pytest.param([1, 0, 3, 0, 252], id="a foreign address answers"),
        pytest.param([3, 0, 2, 0, 251], id="an answer to somebody else"),
        pytest.param([1, 0, 2, 5, 248], id="NAK"),
        pytest.param([1, 200, 2, 0, 53], id="more data than there can be"),
        pytest.param([1, 1, 2, 0, 9, 243], id="data where none belongs"),
        pytest.param([0] * 30, id="zeros"),
    ],
)
def test_what_is_damaged_is_asked_for_again(world, peripheral, line, bad):
    peripheral.answers = [bad, bad, GOOD]
    assert ask(world, line, 254) == b""
    assert peripheral.heard == [[2, 0, 1, 254, 255]] * 3


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ([], "no answer"),
        ([1, 4, 2, 0, 9], "torn"),
        ([1, 0, 2, 0, 252], "wrong checksum"),
        ([1, 0, 3, 0, 252], "answer of address 3"),
        ([1, 0, 2, 5, 248], "refused with 5"),
    ],
)
def test_after_three_tries_it_says_what_was_wrong(world, peripheral, line, bad, words):
    peripheral.answers = [bad] * 3 + [GOOD]
    with pytest.raises(CcTalkError, match=words):
        ask(world, line, 254)
    assert len(peripheral.heard) == 3


@pytest.mark.parametrize("echo", [lambda data: b"", lambda data: data[:-1], lambda data: bytes(len(data))])
def test_an_echo_that_is_not_what_was_sent_is_a_collision_whatever_is_answered(world, peripheral, line, echo):
    peripheral.spoil = echo
    peripheral.answers = [GOOD] * 3
    with pytest.raises(CcTalkError, match="echo"):
        ask(world, line, 254)


def test_an_answer_that_comes_late_is_not_taken_for_the_next_one(world, peripheral, line):
    late = [1, 6, 2, 0, *b"EU200A", -(9 + sum(b"EU200A")) & 255]
    right = [1, 6, 2, 0, *b"EU010A", -(9 + sum(b"EU010A")) & 255]
    peripheral.answers = [[], [], []]
    with pytest.raises(CcTalkError):
        ask(world, line, 184, b"\x01", 6)
    peripheral.send(bytes(late))
    world.pass_ms(30)
    peripheral.answers = [right]
    assert ask(world, line, 184, b"\x02", 6) == b"EU010A"


def test_an_answer_counts_that_came_while_the_processor_was_busy(world, peripheral, line):
    async def ask_while_another_task_holds_the_processor():
        import asyncio

        task = asyncio.ensure_future(line.ask(254))
        await asyncio.sleep(0.007)
        world.timeline.advance(1_500_000)
        return await task

    peripheral.answers = [GOOD]
    assert world.run(ask_while_another_task_holds_the_processor()) == b""
    assert len(peripheral.heard) == 1


def test_no_question_takes_longer_than_two_and_a_half_seconds(world, peripheral, line):
    def babble():
        peripheral.send(b"\x01\x04\x55")
        world.timeline.at(world.timeline.now_us() + 4000, babble)

    babble()
    began_ms = world.now_ms
    with pytest.raises(CcTalkError):
        ask(world, line, 254)
    assert world.now_ms - began_ms < 2500
