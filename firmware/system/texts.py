"""What the device says, in one language, and how it writes money."""

import sys

_COLUMNS = 20


class Texts:
    """The texts of one language; only that language is loaded into memory."""

    def __init__(self, language):
        if language == "de":
            from system.texts_de import TEXTS
        else:
            from system.texts_en import TEXTS
        self._texts = TEXTS
        self._more = {}
        self._point = TEXTS["point"]

    def money(self, cents):
        """Return an amount as people write it, like 0.25 EUR."""
        sign = "-" if cents < 0 else ""
        return f"{sign}{abs(cents) // 100}{self._point}{abs(cents) % 100:02} EUR"

    def lines(self, name, **values):
        """Return the display's lines for a text; amounts come as `…_cents` and are written as money."""
        for key in values:
            if key.endswith("_cents"):
                values[key] = self.money(values[key])
        return wrap(self._text(name).format(**values))

    def extend(self, more, without=()):
        """Add what one device has for itself, and let go of texts that begin with the words of others."""
        self._more = more
        self._texts = {name: self._texts[name] for name in self._texts if name.split("_")[0] not in without}
        for name in ("texts_en", "texts_de"):
            if sys.modules.pop("system." + name, None) is not None:
                delattr(sys.modules["system"], name)

    def plain(self, name):
        """Return a text without values as one line."""
        return self._text(name)

    def _text(self, name):
        return self._more.get(name) or self._texts[name]


def wrap(text):
    """Break a text into lines of the display between words; a word that is too long is cut."""
    lines = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split():
            if line and len(line) + 1 + len(word) > _COLUMNS:
                lines.append(line)
                line = ""
            line = (line + " " + word if line else word)[:_COLUMNS]
        lines.append(line)
    return lines
