"""What the device says, in one language, and how it writes money."""


class Texts:
    """The texts of one language, and of them what the device says: more is not kept in memory."""

    def __init__(self, language, columns=20, device=None):
        """Give the language, how many letters a line of the display has, and which device it is."""
        if language == "de":
            from system.texts_de import TEXTS
        else:
            from system.texts_en import TEXTS
        others = _of_others(device) if device else ()
        self._texts = {name: TEXTS[name] for name in TEXTS if name not in others}
        self._more = {}
        self._columns = columns
        self._point = TEXTS["point"]

    def money(self, cents):
        """Return an amount as people write it, like 0.25 EUR."""
        sign = "-" if cents < 0 else ""
        return f"{sign}{abs(cents) // 100}{self._point}{abs(cents) % 100:02} EUR"

    def lines(self, name, columns=None, **values):
        """Return the display's lines for a text; amounts come as `…_cents` and are written as money."""
        for key in values:
            if key.endswith("_cents"):
                values[key] = self.money(values[key])
        return wrap(self._text(name).format(**values), columns or self._columns)

    def extend(self, more):
        """Add the texts that one device has for itself; the others need no memory for them."""
        self._more = more

    def plain(self, name):
        """Return a text without values as one line."""
        return self._text(name)

    def _text(self, name):
        return self._more.get(name) or self._texts[name]


def _of_others(device):
    # One text of words, as a tuple of names would stay in memory itself.
    own = {
        "coffee_machine": "coffee_idle hold_token lift_token balance_and_choose offer no_product enjoy"
        " enjoy_offline not_delivered",
        "coin_station": "coin_description coin_idle coin_session coin_received coin_credited coin_waiting"
        " coin_unknown coin_slot_failed coin_acceptor_silent coins_lost",
        "nfc_terminal": "checking_top_up terminal_idle terminal_credit_idle over_limit top_up_hold"
        " top_up_offer top_up_unknown amount",
    }
    return [name for other in own if other != device for name in own[other].split()]


def wrap(text, columns=20):
    """Break a text into lines of the display between words; a word that is too long is cut."""
    lines = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split():
            if line and len(line) + 1 + len(word) > columns:
                lines.append(line)
                line = ""
            line = (line + " " + word if line else word)[:columns]
        lines.append(line)
    return lines
