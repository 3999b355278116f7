"""The character generator ROM A00 of the HD44780: which character each code shows."""

from __future__ import annotations

FIRST_CUSTOM_GLYPH = "\ue000"
_CUSTOM_GLYPHS = 8
_KATAKANA_FIRST_CODE = 0xA1
_KATAKANA_LAST_CODE = 0xDF
_HALFWIDTH_KATAKANA = 0xFF61

# Where the ROM leaves ASCII, and its last two columns. Code E2 is drawn to serve as beta and as sharp s;
# devices write German with it. E7, EA, F0, F1 and F9 are small letters with true descenders, E9 is the
# exponent -1 and F8 an x with a bar: they come as the nearest single character.
_LEAVES_ASCII = {0x5C: "¥", 0x7E: "→", 0x7F: "←"}
_LAST_COLUMNS = "αäßεµσρg√⁻jˣ¢£ñöpqθ∞ΩüΣπxy千万円÷ █"


def character(code: int) -> str:
    """Return the one character that a DDRAM code shows.

    Codes 00 to 0F are the eight custom glyphs, twice; they come as private-use characters from U+E000.
    """
    if code < 0x10:
        return chr(ord(FIRST_CUSTOM_GLYPH) + code % _CUSTOM_GLYPHS)
    if code in _LEAVES_ASCII:
        return _LEAVES_ASCII[code]
    if 0x20 <= code < 0x80:
        return chr(code)
    if _KATAKANA_FIRST_CODE <= code <= _KATAKANA_LAST_CODE:
        return chr(_HALFWIDTH_KATAKANA + code - _KATAKANA_FIRST_CODE)
    if code >= 0xE0:
        return _LAST_COLUMNS[code - 0xE0]
    return " "
