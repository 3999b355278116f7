"""The code tables of ESC t: which letter a byte above 7F is."""

from __future__ import annotations

# Table numbers as Epson's printers have them; half-width katakana is the upper half of Shift JIS.
_TABLES = {
    0: "cp437", 1: "cp932", 2: "cp850", 3: "cp860", 4: "cp863", 5: "cp865", 13: "cp857", 14: "cp737",
    15: "iso8859_7", 16: "cp1252", 17: "cp866", 18: "cp852", 19: "cp858", 21: "cp874", 32: "cp720",
    33: "cp775", 34: "cp855", 35: "cp861", 36: "cp862", 37: "cp864", 38: "cp869", 39: "iso8859_2",
    40: "iso8859_15", 44: "cp1125", 45: "cp1250", 46: "cp1251", 47: "cp1253", 48: "cp1254", 49: "cp1255",
    50: "cp1256", 51: "cp1257", 52: "cp1258",
}  # fmt: skip
FIRST_TABLE = 0
NO_LETTER = "\ufffd"


def is_known(table: int) -> bool:
    """Tell whether there is a code table of this number."""
    return table in _TABLES


def decode(letters: bytes, table: int) -> str:
    """Return the text; what the table has no letter for is U+FFFD."""
    return "".join(_letter(byte, _TABLES[table]) for byte in letters)


def _letter(byte: int, codec: str) -> str:
    if byte < 0x7F:
        return chr(byte)
    letter = bytes([byte]).decode(codec, "replace")
    return letter if letter.isprintable() else NO_LETTER
