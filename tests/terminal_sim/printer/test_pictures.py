"""Receipts as pictures: ink where the printer's head burns it, and codes that a scanner reads."""

from __future__ import annotations

import pytest
from PIL import Image

from terminal_sim.printer import VirtualPrinter, fonts
from terminal_sim.printer.commands import CommandStream
from terminal_sim.printer.engine import Engine
from terminal_sim.printer.sensors import Drawer, Sensors
from tests.terminal_sim.printer.pictures import codes, ink, opened

CODES = [
    ("EAN13", "4006381333931", ("EAN-13", "4006381333931")),
    ("EAN8", "40123455", ("EAN-8", "40123455")),
    # A scanner may tell the American code as the European one that begins with 0.
    ("UPC-A", "036000291452", ("EAN-13", "0036000291452")),
    ("CODE39", "TAP-1", ("Code 39", "TAP-1")),
    ("ITF", "12345678901231", ("ITF", "12345678901231")),
    ("CODABAR", "A40156B", ("Codabar", "A40156B")),
]


def picture(data: bytes, paper_mm: int = 80) -> bytes:
    """Return the PNG of what these bytes print."""
    receipts = []
    engine = Engine(paper_mm, Sensors(Drawer()), receipts.append)
    for command in CommandStream().feed(data):
        engine.execute(command)
    engine.tear_off()
    assert engine.remarks == []
    return receipts[0].png()


@pytest.mark.parametrize(("paper_mm", "width"), [(58, 384), (80, 576)])
def test_the_picture_is_as_wide_as_the_head_and_as_long_as_the_paper_that_came_out(paper_mm, width):
    paper = opened(picture(b"one\ntwo\n\n\x1bJ\x0a", paper_mm))
    assert (paper.size, paper.mode) == ((width, 3 * 30 + 10), "1")
    assert round(paper.info["dpi"][0]) == 203


@pytest.mark.parametrize(("letters", "cell"), [(b"HH", (12, 24)), (b"\x1bM\x01HH", (9, 17))])
def test_letters_fill_the_cells_of_their_font_and_nothing_else(letters, cell):
    left, top, right, bottom = ink(picture(letters + b"\n")).getbbox()
    assert 0 <= left < 3
    assert cell[0] + 3 < right <= 2 * cell[0]
    assert 0 < top < bottom <= cell[1]
    assert bottom - top > cell[1] // 2


def test_double_letters_are_the_same_letters_with_every_dot_four_times():
    single = ink(picture(b"Kaffee\n")).crop((0, 0, 72, 24))
    double = ink(picture(b"\x1d!\x11Kaffee\n")).crop((0, 0, 144, 48))
    assert double.tobytes() == single.resize((144, 48), Image.Resampling.NEAREST).tobytes()


def test_letters_of_all_sizes_stand_on_the_bottom_of_their_line():
    plain, mixed = ink(picture(b"H\n")), ink(picture(b"H\x1d!\x11H\n"))
    assert mixed.crop((0, 0, 12, 24)).getbbox() is None
    assert mixed.crop((0, 24, 12, 48)).tobytes() == plain.crop((0, 0, 12, 24)).tobytes()
    assert mixed.crop((12, 0, 36, 24)).getbbox() is not None


@pytest.mark.parametrize(("align", "box"), [(0, (0, 48)), (1, (264, 312)), (2, (528, 576))])
def test_alignment_moves_the_ink(align, box):
    left, _, right, _ = ink(picture(b"\x1ba" + bytes([align]) + b"HHHH\n")).getbbox()
    assert box[0] <= left < box[0] + 4
    assert box[1] - 4 < right <= box[1]


def test_bold_underlined_inverted_and_turned_letters_look_so():
    def dots(data):
        return sum(ink(picture(data + b"Kaffee\n")).histogram()[1:])

    plain = dots(b"")
    assert dots(b"\x1bE\x01") > plain * 13 // 10
    assert dots(b"\x1b-\x01") == plain + 72 - dots_in_row(23)
    assert dots(b"\x1dB\x01") == 72 * 24 - plain
    upright = ink(picture(b"Kaffee\n")).crop((0, 0, 576, 24))
    turned = ink(picture(b"\x1b{\x01Kaffee\n")).crop((0, 0, 576, 24))
    assert turned.tobytes() == upright.transpose(Image.Transpose.ROTATE_180).tobytes()


def dots_in_row(row: int) -> int:
    """Return how many dots of the plain word stand in a row."""
    return sum(ink(picture(b"Kaffee\n")).crop((0, row, 72, row + 1)).histogram()[1:])


def test_every_letter_of_german_french_and_polish_has_a_shape_of_its_own():
    letters = "äöüÄÖÜß€éèàçñøåłśżąčřů§°«»"
    for font in (fonts.load("a"), fonts.load("b")):
        assert None not in [font.glyph(letter) for letter in letters]
        assert len({font.glyph(letter) for letter in letters}) == len(letters)


def test_a_letter_that_the_font_has_not_is_an_empty_box():
    box = ink(picture(b"\x1bt\x11\x81\n")).crop((0, 0, 12, 24))
    assert box.getbbox() == (2, 2, 10, 22)
    assert box.getpixel((5, 12)) == 0


@pytest.mark.parametrize("size", [2, 3, 8])
@pytest.mark.parametrize("ec", [0, 3])
def test_a_qr_code_is_read_back(printer, pos, size, ec):
    text = "https://ledger.example/r/7?für=Käse"
    pos.qr(text, native=True, size=size, ec=ec)
    pos.cut()
    assert codes(printer.receipts[0].png()) == [("QR Code", text)]


@pytest.mark.parametrize(("kind", "text", "read_as"), CODES)
def test_a_barcode_is_read_back_and_its_text_stands_below(printer, pos, kind, text, read_as):
    pos.barcode(text, kind, height=80, width=3, pos="BELOW")
    pos.cut()
    png = printer.receipts[0].png()
    assert codes(png) == [read_as]
    words = ink(png).crop((0, 80, 576, 104)).getbbox()
    assert words[2] - words[0] > 12 * (len(text) - 1)


def test_code_128_changes_its_alphabet_as_it_is_told(printer, pos):
    pos.barcode("{BTap {{{C\x0c\x22\x38", "CODE128", function_type="B", check=False)
    pos.cut()
    assert codes(printer.receipts[0].png()) == [("Code 128", "Tap {123456")]
    assert "[CODE128: Tap {123456]" in printer.receipts[0].text


@pytest.mark.parametrize("data", [b"\x1dk\x0212AB\x00", b"\x1dk\x48\x03123"])
def test_a_barcode_that_cannot_be_drawn_is_printed_as_its_text(data):
    left, top, right, bottom = ink(picture(b"\x1ba\x01" + data)).getbbox()
    assert bottom - top <= 24
    assert right - left > 12 * 8


@pytest.mark.parametrize("impl", ["bitImageRaster", "graphics", "bitImageColumn"])
def test_a_picture_arrives_dot_for_dot_whichever_way_it_is_sent(printer, pos, impl):
    sent = Image.new("1", (30, 48), 1)
    for x, y in ((0, 0), (29, 0), (0, 47), (13, 24), (14, 25)):
        sent.putpixel((x, y), 0)
    pos.image(sent, impl=impl)
    pos.cut()
    received = opened(printer.receipts[0].png()).crop((0, 0, 30, 48))
    assert [received.getpixel((x, y)) for y in range(48) for x in range(30)] == [
        sent.getpixel((x, y)) and 255 for y in range(48) for x in range(30)
    ]


def test_a_receipt_of_a_cafe_is_read_by_people_and_scanners(connect):
    with VirtualPrinter(paper_mm=58) as printer:
        pos = connect(printer)
        pos.set(align="center", double_width=True, double_height=True)
        pos.textln("Süd-Café")
        pos.set(align="left", normal_textsize=True)
        pos.textln("Espresso                  1,20 €")
        pos.set(align="center")
        pos.qr("https://ledger.example/r/9", size=6, image_arguments={"impl": "graphics"})
        receipt = printer.tear_off()
    assert receipt.text.splitlines()[:2] == ["        Süd-Café", "Espresso                  1,20 €"]
    assert codes(receipt.png()) == [("QR Code", "https://ledger.example/r/9")]
