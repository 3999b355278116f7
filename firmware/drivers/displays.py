"""The one interface of displays, and which of them a board has: `columns`, `rows` and `await show(lines)`.

One that has dots may have `await show_picture(rows, lines)` as well: a picture of squares, rows of bytes with
the left one in the highest bit, and beside it lines of `picture_columns` letters.
"""

_OLED_ADDRESSES = (0x3C, 0x3D)


def find(bus, kind="auto"):
    """Return the display of that kind, "lcd" or "oled"; with "auto" the one that answers on the bus.

    When none answers it is the character display, which is started as soon as it does.
    """
    address = _answering(bus) if kind != "lcd" else None
    if kind == "oled" or address:
        from drivers.ssd1306 import OledDisplay

        return OledDisplay(bus, address or _OLED_ADDRESSES[0])
    from drivers.lcd import CharacterDisplay

    return CharacterDisplay(bus)


def _answering(bus):
    for address in _OLED_ADDRESSES:
        try:
            bus.writeto(address, b"")
            return address
        except OSError:
            pass
    return None
