"""What the vending machine says, in both languages and within the display."""

import pytest
from system.texts import Texts
from system.texts_vending_de import TEXTS as GERMAN
from system.texts_vending_en import TEXTS as ENGLISH

from tests.firmware.test_system import LONGEST

LANGUAGES = {"en": ENGLISH, "de": GERMAN}


def test_both_languages_say_the_same_things_with_the_same_values():
    assert set(ENGLISH) == set(GERMAN)
    for name, text in ENGLISH.items():
        values = {word.split("}")[0] for word in text.split("{")[1:]}
        assert values == {word.split("}")[0] for word in GERMAN[name].split("{")[1:]}, name


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", sorted(ENGLISH))
def test_each_text_fits_on_the_display_with_the_longest_values(language, name):
    texts = Texts(language)
    texts.extend(LANGUAGES[language])
    lines = texts.lines(name, **LONGEST | {"item": "Artikel 65534"})
    assert len(lines) <= 4
    assert all(len(line) <= 20 for line in lines)
    assert "{" not in "".join(lines)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_is_too_long_for_a_narrow_display(language):
    words = {word for text in LANGUAGES[language].values() for word in text.split() if "{" not in word}
    assert max(len(word) for word in words) <= 16


def test_other_devices_hold_none_of_them():
    texts = Texts("en")
    texts.extend(ENGLISH)
    with pytest.raises(KeyError):
        Texts("en").lines("machine_silent")
