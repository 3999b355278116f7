"""Pictures and codes: what ESC *, GS v 0, GS ( L, GS ( k and GS k put on the paper."""

from __future__ import annotations

from terminal_sim.printer.paper import Align, Picture, Symbol

_QR = 49
_QR_SIZE, _QR_LEVEL, _QR_STORE, _QR_PRINT = 67, 69, 80, 81
_LEVELS = {48: "L", 49: "M", 50: "Q", 51: "H"}
_PRINT_STORED, _STORE = (2, 50), (112,)
_BARCODES = ("UPC-A", "UPC-E", "EAN13", "EAN8", "CODE39", "ITF", "CODABAR")
# GS k has two numbers for the older kinds, and one for what came later.
_KINDS = {
    **dict(enumerate(_BARCODES)),
    **dict(enumerate((*_BARCODES, "CODE93", "CODE128", "GS1-128"), start=65)),
}


class Codes:
    """The settings of codes, and the QR code's text that waits to be printed; ESC @ resets the settings."""

    def __init__(self) -> None:
        self._stored = b""
        self.reset()

    def reset(self) -> None:
        """Go back to what the printer comes up with."""
        self.bar_width = 3
        self.bar_height = 162
        self.text_position = 0
        self._qr_module = 3
        self._qr_level = "L"

    def two_dimensional(self, data: bytes, align: Align) -> Symbol | None:
        """Take GS ( k; returns the symbol when it is to be printed. ValueError says what is amiss."""
        code_type, function, parameters = data[2], data[3], data[4:]
        if code_type != _QR:
            raise ValueError(f"GS ( k of code type {code_type} is not modelled")
        if function == _QR_SIZE:
            self._qr_module = min(max(parameters[0], 1), 16)
        elif function == _QR_LEVEL:
            self._qr_level = _LEVELS.get(parameters[0], "L")
        elif function == _QR_STORE:
            self._stored = parameters[1:]
        elif function == _QR_PRINT:
            text = self._stored.decode("utf-8", "replace")
            return Symbol("QR code", text, align, self._qr_module, level=self._qr_level)
        return None

    def barcode(self, data: bytes, align: Align) -> Symbol:
        """Take GS k; ValueError says what is amiss."""
        number, text = data[0], data[2:] if data[0] >= 65 else data[1:-1]
        if number not in _KINDS:
            raise ValueError(f"GS k {number} is not modelled")
        kind = _KINDS[number]
        return Symbol(
            kind,
            _without_code_sets(text) if kind in ("CODE128", "GS1-128") else text.decode("ascii", "replace"),
            align,
            self.bar_width,
            bar_height=self.bar_height,
            text_above=bool(self.text_position & 1),
            text_below=bool(self.text_position & 2),
        )


def column_picture(data: bytes, x_dots: int) -> Picture:
    """Return the picture of ESC * m nL nH: columns of 8 or 24 dots from above, at single or full density."""
    mode, width, columns = data[0], int.from_bytes(data[1:3], "little"), data[3:]
    bytes_each = 3 if mode in (32, 33) else 1
    row_bytes = (width + 7) // 8
    rows = bytearray(8 * bytes_each * row_bytes)
    for x in range(width):
        column = int.from_bytes(columns[bytes_each * x : bytes_each * (x + 1)], "big")
        for y in range(8 * bytes_each):
            if column >> (8 * bytes_each - 1 - y) & 1:
                rows[y * row_bytes + x // 8] |= 0x80 >> x % 8
    x_scale, y_scale = 2 if mode in (0, 32) else 1, 3 if bytes_each == 1 else 1
    return _checked(Picture(x_dots, width, 8 * bytes_each, bytes(rows), x_scale, y_scale))


def raster_picture(data: bytes) -> Picture:
    """Return the picture of GS v 0 m xL xH yL yH."""
    row_bytes, height = int.from_bytes(data[1:3], "little"), int.from_bytes(data[3:5], "little")
    mode = data[0] & 3
    return _checked(Picture(0, 8 * row_bytes, height, data[5:], 2 if mode & 1 else 1, 2 if mode & 2 else 1))


class StoredGraphics:
    """The picture that GS ( L and GS 8 L put together in the printer, until it is printed."""

    def __init__(self) -> None:
        self._picture: Picture | None = None

    def take(self, parameters: bytes) -> Picture | None:
        """Take m, fn and what follows; returns the picture to print now. ValueError says what is amiss."""
        function = parameters[1]
        if function in _STORE:
            self._picture = _graphics(parameters[2:])
        elif function in _PRINT_STORED:
            picture, self._picture = self._picture, None
            return picture
        else:
            raise ValueError(f"GS ( L function {function} is not modelled")
        return None


def _graphics(data: bytes) -> Picture:
    """a bx by c xL xH yL yH: tone, scales, colour, dots across and down."""
    width, height = int.from_bytes(data[4:6], "little"), int.from_bytes(data[6:8], "little")
    if data[1] not in (1, 2) or data[2] not in (1, 2):
        raise ValueError("GS ( L: dots are single or double")
    return _checked(Picture(0, width, height, data[8:], data[1], data[2]))


def _checked(picture: Picture) -> Picture:
    """Return the picture; ValueError for one without a dot."""
    if not picture.width or not picture.height:
        raise ValueError("a picture without a dot is ignored")
    return picture


def _without_code_sets(text: bytes) -> str:
    """Return what a CODE128 says: {A, {B, {C choose its alphabet, {{ is a brace, {1 to {4 are functions."""
    said, position, is_pairs = "", 0, False
    while position < len(text):
        byte = text[position : position + 1]
        if byte == b"{":
            chosen = text[position + 1 : position + 2]
            is_pairs = chosen == b"C" if chosen in (b"A", b"B", b"C") else is_pairs
            said += "{" if chosen == b"{" else ""
            position += 2
            continue
        said += f"{byte[0]:02d}" if is_pairs else byte.decode("ascii", "replace")
        position += 1
    return said
