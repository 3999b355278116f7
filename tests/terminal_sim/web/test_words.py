"""The page's words: all of them in both languages, and one for everything that can go wrong."""

from __future__ import annotations

import re
from pathlib import Path

from terminal_sim import faults, web
from terminal_sim.device import EVENTS
from terminal_sim.web.cast import SHELVES, TERMINALS
from terminal_sim.web.words import LANGUAGES, words

TEMPLATES = Path(web.__file__).parent / "templates"
# Of a coin acceptor that speaks ccTalk; the one on the board gives pulses.
NOT_HERE = {"coins.mute", "coins.lost_byte", "coins.wrong_checksum", "coins.collision", "coins.reset"}


def test_both_languages_have_the_same_words_and_none_is_empty():
    english, german = words("en"), words("de")
    assert list(LANGUAGES) == ["en", "de"]
    assert english.keys() == german.keys()
    assert all(english.values())
    assert all(german.values())


def test_every_word_that_the_page_uses_is_there():
    used = {name for path in TEMPLATES.glob("*.html") for name in re.findall(r"\bt\.(\w+)", path.read_text())}
    used |= {*EVENTS, *TERMINALS, *(goods for _, goods, _ in SHELVES)}
    used |= {f"fault_{name.replace('.', '_')}" for name in {*faults.NAMES} - NOT_HERE}
    used |= {f"part_{part}" for part in faults.PARTS}
    assert used - words("en").keys() == set()
