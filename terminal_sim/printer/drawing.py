"""Receipts as pictures: dot for dot what the head of a 203 dpi printer burns into the paper."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from terminal_sim.printer import fonts, symbols
from terminal_sim.printer.paper import (
    CELLS,
    DOTS_ON_PAPER,
    Element,
    Feed,
    Line,
    Picture,
    Run,
    Style,
    Symbol,
    offset,
)

if TYPE_CHECKING:
    from PIL.Image import Image

    from terminal_sim.printer.receipt import Receipt

DPI = 203
_BOX_INSET = 2


def draw(receipt: Receipt) -> bytes:
    """Return the PNG of a receipt, as wide as the head and as long as what was printed and fed."""
    area = DOTS_ON_PAPER[receipt.paper_mm]
    strips = [_strip(element, area) for element in receipt.elements]
    sheet = _blank(area, max(sum(strip.height for strip in strips), 1))
    top = 0
    for strip in strips:
        sheet.paste(strip, (0, top))
        top += strip.height
    file = io.BytesIO()
    # On this side black is 1; in a PNG it is 0.
    sheet.point(lambda dot: 0 if dot else 255, "1").save(file, "PNG", dpi=(DPI, DPI), optimize=True)
    return file.getvalue()


def _strip(element: Element, area: int) -> Image:
    """Return one element across the whole width."""
    if isinstance(element, Feed):
        return _blank(area, element.height)
    if isinstance(element, Line):
        return _line(element, area)
    ink = _symbol(element)
    strip = _blank(area, ink.height)
    strip.paste(ink, (offset(element.align, ink.width, area), 0))
    return strip


def _line(line: Line, area: int) -> Image:
    strip = _blank(area, max(line.height, line.ink_height))
    left = offset(line.align, line.width, area)
    for item in line.items:
        ink = _run(item) if isinstance(item, Run) else _picture(item)
        # Letters of all sizes stand on one base.
        strip.paste(ink, (left + item.x_dots, line.ink_height - ink.height))
    if line.is_upside_down:
        turned = strip.crop((0, 0, area, line.ink_height)).transpose(_pillow().Transpose.ROTATE_180)
        strip.paste(turned, (0, 0))
    return strip


def _run(run: Run) -> Image:
    width, height = CELLS[run.style.font]
    space = run.spacing_dots // run.style.width
    ink = _blank((width + space) * len(run.text), height)
    for position, letter in enumerate(run.text):
        ink.paste(_letter(letter, run.style), ((width + space) * position, 0))
    if run.style.is_inverted:
        ink = ink.point(lambda dot: 0 if dot else 255)
    elif run.style.underline:
        ink.paste(255, (0, height - run.style.underline, ink.width, height))
    return ink.resize(run.size, _pillow().Resampling.NEAREST)


def _letter(letter: str, style: Style) -> Image:
    width, height = CELLS[style.font]
    font = fonts.load(style.font)
    cell = _blank(width, height)
    dots = font.glyph(letter)
    if dots is None:
        cell.paste(255, (_BOX_INSET, _BOX_INSET, width - _BOX_INSET, height - _BOX_INSET))
        cell.paste(0, (_BOX_INSET + 1, _BOX_INSET + 1, width - _BOX_INSET - 1, height - _BOX_INSET - 1))
        return cell
    glyph = _from_rows(font.width, font.height, dots)
    cell.paste(glyph, (0, 0))
    if style.is_bold:
        # A thermal printer heats the dot to the right as well.
        cell.paste(255, (1, 0), glyph)
    return cell


def _picture(picture: Picture) -> Image:
    ink = _from_rows(picture.width, picture.height, picture.rows)
    return ink.resize(picture.size, _pillow().Resampling.NEAREST)


def _symbol(symbol: Symbol) -> Image:
    try:
        return _qr(symbol) if symbol.kind == "QR code" else _barcode(symbol)
    except symbols.NotDrawable:
        return _run(Run(0, f"[{symbol.kind}: {symbol.text}]", Style()))


def _qr(symbol: Symbol) -> Image:
    modules = symbols.qr_modules(symbol)
    size = len(modules)
    ink = _blank(size, size)
    ink.putdata([255 * module for row in modules for module in row])
    return ink.resize((size * symbol.module_dots,) * 2, _pillow().Resampling.NEAREST)


def _barcode(symbol: Symbol) -> Image:
    bars, dots = symbols.bars(symbol)
    above, below = (CELLS["a"][1] if shown else 0 for shown in (symbol.text_above, symbol.text_below))
    words = _run(Run(0, symbol.text, Style()))
    width = max(len(bars) * dots, words.width if above or below else 0)
    left = (width - len(bars) * dots) // 2
    ink = _blank(width, above + symbol.bar_height + below)
    for position, is_black in enumerate(bars):
        x = left + position * dots
        ink.paste(255 * is_black, (x, above, x + dots, above + symbol.bar_height))
    for is_shown, top in ((above, 0), (below, above + symbol.bar_height)):
        if is_shown:
            ink.paste(words, ((width - words.width) // 2, top))
    return ink


def _from_rows(width: int, height: int, rows: bytes) -> Image:
    """Return dots from rows of whole bytes; what the sender left out is white."""
    length = (width + 7) // 8 * height
    whole = rows[:length].ljust(length, b"\x00")
    return _pillow().frombytes("1", (width, height), whole).convert("L")


def _blank(width: int, height: int) -> Image:
    return _pillow().new("L", (width, height), 0)


def _pillow():
    return symbols.needed("PIL.Image")
