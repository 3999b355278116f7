"""What python-escpos prints is what a person reads on the receipt."""

from __future__ import annotations

import pytest

from terminal_sim.printer import VirtualPrinter
from terminal_sim.printer.commands import Command
from terminal_sim.printer.engine import Engine
from terminal_sim.printer.sensors import Drawer, Sensors


def printed(*commands: bytes | str, paper_mm: int = 80):
    """Return the engine and the receipts after these commands; a string is letters of CP437."""
    receipts = []
    engine = Engine(paper_mm, Sensors(Drawer()), receipts.append)
    for each in commands:
        name, data = (b"", each.encode("cp437")) if isinstance(each, str) else (each[:2], each[2:])
        engine.execute(Command(name, data))
    return engine, receipts


def test_a_receipt_is_what_was_printed_between_two_cuts(printer, pos):
    pos.textln("first")
    pos.cut()
    pos.textln("second")
    pos.cut(mode="PART")
    pos.textln("hangs out")
    assert [(each.text, each.cut) for each in printer.receipts] == [("first", "full"), ("second", "partial")]
    assert printer.hanging_out.text == "hangs out"


def test_umlauts_the_euro_and_what_needs_other_code_tables_arrive(printer, pos):
    text = "Käse für ÄÖÜ süß 1,20 € Łódź čaj Ελλάς чай"
    pos.textln(text)
    pos.cut()
    assert printer.receipts[0].text == text
    assert printer.remarks == []


def test_lines_stand_where_they_are_aligned(printer, pos):
    for align, text in (("left", "left"), ("center", "middle"), ("right", "right")):
        pos.set(align=align)
        pos.textln(text)
    pos.set(align="center", double_width=True, double_height=True)
    pos.textln("wide")
    pos.cut()
    lines = printer.receipts[0].text.splitlines()
    assert lines[0] == "left"
    assert lines[1] == " " * 21 + "middle"
    assert lines[2] == "right".rjust(48)
    assert lines[3] == " " * 20 + "wide"


@pytest.mark.parametrize(("paper_mm", "columns"), [(58, 32), (80, 48)])
def test_a_long_line_goes_on_below_and_a_full_one_is_fed_once(connect, paper_mm, columns):
    with VirtualPrinter(paper_mm=paper_mm) as printer:
        pos = connect(printer)
        pos.textln("x" * (columns + 3))
        pos.textln("y" * columns)
        pos.textln("z")
        pos.cut()
        assert printer.receipts[0].text.splitlines() == ["x" * columns, "xxx", "y" * columns, "z"]


def test_small_letters_fit_64_a_line_and_wide_ones_24(printer, pos):
    pos.set(font="b")
    pos.textln("b" * 65)
    pos.set(font="a", double_width=True, double_height=False)
    pos.textln("w" * 25)
    pos.cut()
    assert [len(line) for line in printer.receipts[0].text.splitlines()] == [64, 1, 24, 1]


def test_empty_lines_and_tabs_keep_their_room(printer, pos):
    pos.text("a\n\n\nb\tc\td\n")
    pos.print_and_feed(2)
    pos.textln("e")
    pos.cut()
    assert printer.receipts[0].text.splitlines() == ["a", "", "", "b       c       d", "", "", "e"]


def test_codes_and_pictures_are_named_in_the_text(printer, pos):
    pos.qr("https://ledger.example/r/1", native=True)
    pos.barcode("4006381333931", "EAN13")
    pos.qr("drawn by the host", image_arguments={"impl": "bitImageColumn"})
    pos.cut()
    lines = [line.strip() for line in printer.receipts[0].text.splitlines() if line]
    assert lines[:2] == ["[QR code: https://ledger.example/r/1]", "[EAN13: 4006381333931]"]
    assert [line.split()[0] for line in lines[2:]] == ["[picture"], "its bands are one picture"


def test_both_pins_of_the_drawer_are_told_apart_and_the_beeper_counted(printer, pos):
    pos.cashdraw(5)
    pos.buzzer(3, 2)
    assert printer.settle()
    assert not printer.drawer.is_open, "the drawer is wired to pin 2"
    pos.cashdraw(2)
    assert printer.settle()
    assert printer.drawer.is_open
    assert [(kick.pin, kick.on_ms) for kick in printer.drawer.kicks] == [(5, 100), (2, 100)]
    assert printer.beeps == 3


def test_a_printer_without_a_knife_is_torn_off(printer, connect):
    pos = connect(printer, profile="POS-5890")
    assert printer.tear_off() is None
    pos.textln("by hand")
    torn = printer.tear_off()
    assert (torn.text, torn.cut) == ("by hand", "torn")
    assert printer.receipts == [torn]


def test_initialising_forgets_modes_and_the_line_that_was_begun():
    engine, _ = printed("lost", b"\x1ba\x02", b"\x1d!\x11", b"\x1b@", "kept", b"\n")
    assert engine.hanging_out.text == "kept"
    assert engine.remarks == ["ESC a in the middle of a line is ignored: LF first"]


@pytest.mark.parametrize(
    ("command", "remark"),
    [
        (b"\x1b~", "ESC ~ is not known"),
        (b"\x1bt\xc8", "ESC t 200: no such code table"),
        (b"\x1bp\x05\x32\x32", "ESC p 5: a drawer is on 0 (pin 2) or 1 (pin 5)"),
        (b"\x1ba\x07", "ESC a: its data make no sense"),
    ],
)
def test_what_a_printer_does_not_do_is_remarked_and_the_rest_goes_on(command, remark):
    engine, receipts = printed(command, "goes on", b"\n", b"\x1dV\x00")
    assert engine.remarks == [remark]
    assert receipts[0].text == "goes on"


def test_a_cut_in_the_middle_of_a_line_does_nothing_unless_it_feeds_first():
    engine, receipts = printed("half", b"\x1dV\x00")
    assert receipts == []
    assert engine.remarks == ["GS V in the middle of a line is ignored: LF first"]
    engine.execute(Command(b"\x1dV", b"\x42\x10"))
    assert [(each.text, each.cut) for each in receipts] == [("half", "partial")]
