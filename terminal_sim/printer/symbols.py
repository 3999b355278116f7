"""QR codes and barcodes as modules: which of their squares and bars are black."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from terminal_sim.printer.paper import Symbol

# The name that the library knows each kind by.
_KINDS = {
    "UPC-A": "upca", "EAN13": "ean13", "EAN8": "ean8", "CODE39": "code39", "ITF": "itf",
    "CODABAR": "codabar", "CODE128": "code128", "GS1-128": "gs1_128",
}  # fmt: skip
_OF_TWO_WIDTHS = ("itf", "codabar")


class NotDrawable(Exception):
    """A code of this kind, or with this text, cannot be drawn; a printer prints its text instead."""


def qr_modules(symbol: Symbol) -> list[list[bool]]:
    """Return a QR code's squares, row by row, without the quiet zone that a printer leaves to the caller."""
    segno = needed("segno")
    try:
        code = segno.make(symbol.text, error=symbol.level, micro=False, boost_error=False)
    except ValueError as error:
        raise NotDrawable(str(error)) from None
    return [[bool(module) for module in row] for row in code.matrix]


def bars(symbol: Symbol) -> tuple[list[bool], int]:
    """Return a barcode's bars and how many dots each of them is wide."""
    barcode = needed("barcode")
    if symbol.kind not in _KINDS:
        raise NotDrawable(f"{symbol.kind} is not modelled")
    name = _KINDS[symbol.kind]
    options: dict[str, Any] = {"add_checksum": False} if name == "code39" else {}
    if name in _OF_TWO_WIDTHS:
        # Here a wide bar is two and a half narrow ones, and the module is a dot.
        options = {"narrow": symbol.module_dots, "wide": symbol.module_dots * 5 // 2}
    try:
        code = barcode.get_barcode_class(name)(symbol.text, **options).build()[0]
    except (barcode.errors.BarcodeError, ValueError, KeyError) as error:
        raise NotDrawable(str(error)) from None
    return [bar != "0" for bar in code], 1 if name in _OF_TWO_WIDTHS else symbol.module_dots


def needed(module: str) -> Any:
    """Import a library of the extra; RuntimeError says what to install."""
    try:
        return import_module(module)
    except ImportError:
        raise RuntimeError(
            "pictures of receipts need the extra `printer`: pip install 'tapledger[printer]'"
        ) from None
