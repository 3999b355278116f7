"""QR codes for displays of few pixels: the squares of a code as rows of hexadecimal digits."""

from __future__ import annotations

MOST_SQUARES = 33


def qr_rows(text: str) -> list[str] | None:
    """Return a code's squares row by row, its left one in the highest bit, filled up with 0 to whole bytes.

    1 is dark; the quiet zone is the display's. None for what needs more than 33 squares a side: a display of
    64 pixels would show it too small for any camera.
    """
    # It takes a fifth of a second to load, and few processes ever pair a device.
    import segno

    try:
        code = segno.make_qr(text, error="L")
    except segno.DataOverflowError:
        return None
    if len(code.matrix) > MOST_SQUARES:
        return None
    width_bytes = (len(code.matrix) + 7) // 8
    bits = ("".join(str(square) for square in row).ljust(8 * width_bytes, "0") for row in code.matrix)
    return [int(row, 2).to_bytes(width_bytes, "big").hex() for row in bits]
