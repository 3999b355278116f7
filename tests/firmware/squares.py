"""QR codes as devices get and show them: made by the ledger's maker, and read back from the glass."""

import zxingcpp
from PIL import Image

from ledger.web.qr import qr_rows

PICTURE_SIDE = 64
# A camera sees more than the glass: its frame is dark, and each pixel is many of the camera's.
PIXELS_EACH = 4


def rows_of(text):
    """Return the picture of a text as a device keeps it: rows of bytes."""
    return [bytes.fromhex(row) for row in qr_rows(text)]


def read_from(chip):
    """Return what a camera reads on the left half of the glass, or None."""
    glass = Image.new("L", (PICTURE_SIDE, PICTURE_SIDE))
    glass.putdata([255 * chip.pixel(x, y) for y in range(PICTURE_SIDE) for x in range(PICTURE_SIDE)])
    frame = Image.new("L", (2 * PICTURE_SIDE, 2 * PICTURE_SIDE))
    frame.paste(glass, (PICTURE_SIDE // 2, PICTURE_SIDE // 2))
    size = 2 * PICTURE_SIDE * PIXELS_EACH
    found = zxingcpp.read_barcodes(frame.resize((size, size), Image.Resampling.NEAREST))
    return found[0].text if found else None
