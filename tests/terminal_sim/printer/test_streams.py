"""Bytes become commands, however they are torn, and whatever they are."""

from __future__ import annotations

import random

import pytest

from terminal_sim.printer.commands import Command, CommandStream, RealTimeCommands
from terminal_sim.printer.engine import Engine
from terminal_sim.printer.sensors import Drawer, Sensors

PICTURE = b"\x1dv0\x00\x02\x00\x03\x00" + b"\x1b@\x0a\x1dV\x00"
COMMANDS = [
    Command(b"\x1b@"),
    Command(b"", b"letters"),
    Command(b"\n"),
    Command(b"\x1ba", b"\x01"),
    Command(b"\x1d!", b"\x11"),
    Command(b"\x1dv0", PICTURE[3:]),
    Command(b"\x1b*", b"\x21\x01\x00abc"),
    Command(b"\x1dk", b"\x02400638133393\x00"),
    Command(b"\x1dk", b"\x49\x04{B12"),
    Command(b"\x1d(k", b"\x03\x00\x31\x43\x06"),
    Command(b"\x1d(L", b"\x02\x00\x30\x32"),
    Command(b"\x1d8L", b"\x02\x00\x00\x00\x30\x32"),
    Command(b"\x1bD", b"\x08\x10\x00"),
    Command(b"\x1bp", b"\x00\x32\x32"),
    Command(b"\x10\x04", b"\x01"),
    Command(b"\x1dV", b"\x42\x10"),
    Command(b"\x1dV", b"\x00"),
]
STREAM = b"".join(command.name + command.data for command in COMMANDS)


@pytest.mark.parametrize("size", [1, 2, 3, 7, len(STREAM)])
def test_commands_are_the_same_however_the_network_tears_them(size):
    stream = CommandStream()
    found = [
        command for at in range(0, len(STREAM), size) for command in stream.feed(STREAM[at : at + size])
    ]
    # Letters are printed as they come; all else waits until it is whole.
    assert [command for command in found if command.name] == [each for each in COMMANDS if each.name]
    assert b"".join(command.data for command in found if not command.name) == b"letters"
    assert stream.waiting == 0


@pytest.mark.parametrize("size", [1, 2, 4, 100])
def test_real_time_commands_are_found_wherever_they_stand(size):
    picture = b"\x1dv0\x00\x01\x00\x03\x00\x10\x04\x02"
    data = b"\x10\x10\x04\x01 \x10\x04\x04 \x10\x14\x01\x01\x02 \x10\x14\x08 " + picture
    scanner = RealTimeCommands()
    found = [each for at in range(0, len(data), size) for each in scanner.feed(data[at : at + size])]
    assert [(each.name, each.data) for each in found] == [
        (b"\x10\x04", b"\x01"),
        (b"\x10\x04", b"\x04"),
        (b"\x10\x14\x01", b"\x01\x02"),
        (b"\x10\x04", b"\x02"),
    ]


def test_garbage_stops_no_printer():
    noise = random.Random(9100)
    for _ in range(40):
        receipts = []
        stream, engine = CommandStream(), Engine(80, Sensors(Drawer()), receipts.append)
        garbage = bytes(noise.choice((noise.randrange(256), 0x1B, 0x1D, 0x0A)) for _ in range(120))
        for command in stream.feed(garbage):
            engine.execute(command)
        engine.tear_off()
        for receipt in receipts:
            assert isinstance(receipt.text, str)
            assert receipt.png()
