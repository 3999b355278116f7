"""Paper, cover, button, cables: what a printer says, holds back and prints later."""

from __future__ import annotations

import socket

import pytest

from terminal_sim.printer import VirtualPrinter
from terminal_sim.printer.sensors import Drawer, Sensors
from terminal_sim.printer.wire import PortTaken


class Host:
    """A plain connection, for bytes as they are."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=3)

    def __enter__(self) -> Host:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, data: bytes) -> None:
        """Send bytes."""
        self._socket.sendall(data)

    def ask(self, data: bytes) -> bytes:
        """Send bytes and return the one byte of an answer."""
        self.send(data)
        return self._socket.recv(1)


@pytest.fixture
def host(printer):
    """Return a plain connection with the printer."""
    with Host(printer.port) as each:
        yield each


def status(host: Host) -> bytes:
    """Return the four answers of DLE EOT."""
    return b"".join(host.ask(b"\x10\x04" + bytes([number])) for number in (1, 2, 3, 4))


def test_real_time_status_says_paper_cover_button_and_drawer(printer, host):
    assert status(host) == b"\x12\x12\x12\x12"
    printer.paper = "near_end"
    assert status(host) == b"\x12\x12\x12\x1e"
    printer.paper = "out"
    assert status(host) == b"\x1a\x32\x12\x72"
    printer.paper = "ok"
    printer.is_cover_open = True
    assert status(host) == b"\x1a\x16\x12\x12"
    printer.is_cover_open = False
    printer.go_offline()
    assert status(host) == b"\x1a\x12\x12\x12"
    printer.go_online()
    host.send(b"\x1bp\x00\x32\x32")
    assert printer.settle()
    assert status(host) == b"\x16\x12\x12\x12"
    printer.drawer.close()
    assert status(host) == b"\x12\x12\x12\x12"


def test_status_in_the_buffer_is_answered_in_its_turn(printer, host):
    assert host.ask(b"\x1dr\x01") == b"\x00"
    printer.paper = "near_end"
    assert host.ask(b"\x1dr\x01") == b"\x03"
    assert host.ask(b"\x1bp\x00\x32\x32\x1dr\x02") == b"\x01"
    printer.is_cover_open = True
    assert host.ask(b"\x1dr\x01\x10\x04\x02") == b"\x16", "the other question waits for the cover"


def test_escpos_reads_the_same_from_it(printer, pos):
    assert (pos.is_online(), pos.paper_status()) == (True, 2)
    printer.paper = "near_end"
    assert (pos.is_online(), pos.paper_status()) == (True, 1)
    printer.paper = "out"
    assert (pos.is_online(), pos.paper_status()) == (False, 0)


@pytest.mark.parametrize("level", [True, False])
def test_a_drawer_says_open_at_the_level_that_it_is_built_for(level):
    drawer = Drawer(open_is_high=level)
    sensors = Sensors(drawer)
    assert sensors.transmitted_status(2) == bytes([not level])
    drawer.kick(2, 100)
    assert sensors.transmitted_status(2) == bytes([level])


def test_a_locked_drawer_and_a_pulse_of_no_length_open_nothing():
    drawer = Drawer()
    drawer.is_locked = True
    drawer.kick(2, 100)
    drawer.is_locked = False
    drawer.kick(2, 0)
    assert not drawer.is_open
    assert len(drawer.kicks) == 2


def test_without_paper_the_job_is_held_and_goes_on_where_it_stopped(printer, pos):
    printer.run_out_after(2)
    for number in range(4):
        pos.textln(f"line {number}")
    pos.cashdraw(2)
    pos.cut()
    assert printer.receipts == []
    assert printer.hanging_out.text == "line 0\nline 1"
    assert (printer.paper, printer.drawer.is_open) == ("out", False)
    assert printer.unprinted_bytes > 0
    printer.paper = "ok"
    assert printer.receipts[0].text == "line 0\nline 1\nline 2\nline 3"
    assert printer.drawer.is_open
    assert printer.unprinted_bytes == 0


def open_cover(printer: VirtualPrinter) -> None:
    """Open the cover."""
    printer.is_cover_open = True


def close_cover(printer: VirtualPrinter) -> None:
    """Close the cover."""
    printer.is_cover_open = False


@pytest.mark.parametrize(
    ("stop", "go"),
    [
        (open_cover, close_cover),
        (VirtualPrinter.go_offline, VirtualPrinter.go_online),
    ],
    ids=["cover", "button"],
)
def test_what_it_cannot_print_now_it_prints_later_also_for_who_has_gone(printer, pos, stop, go):
    stop(printer)
    pos.textln("later")
    pos.cut()
    pos.close()
    assert printer.receipts == []
    go(printer)
    assert [receipt.text for receipt in printer.receipts] == ["later"]


def test_who_sends_more_than_it_can_hold_has_to_wait(printer, host):
    printer.paper = "out"
    host._socket.settimeout(0.3)
    with pytest.raises(TimeoutError):
        for _ in range(200):
            host.send(b"x" * 65_536)
    assert printer.unprinted_bytes < 100_000


def test_a_slow_printer_takes_its_time_for_each_line(printer, pos):
    printer.line_ms = 60
    for _ in range(4):
        pos.textln("slow")
    assert not printer.settle(0.05)
    assert printer.hanging_out.text.count("slow") == 4


def test_a_connection_that_is_lost_in_the_middle_leaves_what_had_arrived(printer, pos):
    printer.lose_connection_after(40)
    with pytest.raises(OSError, match="reset|Broken pipe"):
        for number in range(10_000):
            pos.textln(f"line {number:04}")
    assert 1 <= printer.hanging_out.text.count("line") <= 4
    with Host(printer.port) as next_one:
        assert next_one.ask(b"\x10\x04\x01") == b"\x12", "it listens again"


def test_an_unplugged_printer_refuses_and_is_the_same_when_it_is_back(printer, connect):
    port = printer.port
    printer.unplug()
    with pytest.raises(ConnectionRefusedError):
        Host(port)
    printer.plug_in()
    assert printer.port == port
    connect(printer).textln("back")
    assert printer.hanging_out.text == "back"


def test_who_comes_second_waits_until_the_first_has_gone(printer):
    with Host(printer.port) as first:
        assert first.ask(b"\x10\x04\x01") == b"\x12"
        with Host(printer.port) as second:
            second.send(b"second\n")
            first.send(b"first\n")
            assert printer.hanging_out.text == "first"
            first.__exit__()
            assert second.ask(b"\x10\x04\x01") == b"\x12"
            assert printer.hanging_out.text == "first\nsecond"


def test_settings_that_no_printer_has_are_refused(printer):
    with pytest.raises(PortTaken, match=f"port {printer.port} is in use"):
        VirtualPrinter(port=printer.port)
    with pytest.raises(ValueError, match="58 and 80 mm"):
        VirtualPrinter(paper_mm=76)
    with pytest.raises(ValueError, match="near_end"):
        printer.paper = "empty"
    with pytest.raises(TimeoutError, match="0 receipts"):
        printer.wait_receipts(1, 0.01)
