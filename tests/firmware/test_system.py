"""Configuration, texts, token ids, events and files: what every device stands on."""

import json

import pytest
from cards.uid import SEVERAL, BadUid, RandomUid, SeveralAtOnce, token_id
from devices import events
from devices.events import Events
from system import config as configuration
from system import texts
from system.config import ConfigError
from system.files import Files
from system.texts import Texts, wrap
from system.texts_de import TEXTS as GERMAN
from system.texts_en import TEXTS as ENGLISH

LEAST = {"device": "coffee_machine", "ledger_url": "http://127.0.0.1:8000", "api_token": "abc"}
LONGEST = {
    "balance_cents": -99999,
    "price_cents": 99999,
    "amount_cents": 999999,
    "limit_cents": 1000000,
    "title": "Kaffeemaschine H-Bau",
    "item": "Cappuccino",
    "code": "idempotency_key_reused",
    "pairing_code": "ABCD-2345",
}


@pytest.mark.parametrize(
    ("uid", "expected"),
    [
        ("deadbeef", "DEADBEEF"),
        ("04a1b2c3d4e5f6", "04A1B2C3D4E5F6"),
        ("00112233445566778899", "00112233445566778899"),
        ("08112233445566", "08112233445566"),
    ],
)
def test_a_token_id_is_the_upper_case_hex_of_the_bytes(uid, expected):
    assert token_id(bytes.fromhex(uid)) == expected


def test_a_random_uid_names_no_token():
    with pytest.raises(RandomUid):
        token_id(bytes.fromhex("08A1B2C3"))


@pytest.mark.parametrize("length", [1, 3, 5, 8, 11])
def test_other_lengths_are_no_uid(length):
    with pytest.raises(BadUid):
        token_id(bytes(length))


def test_several_tokens_at_once_are_none():
    with pytest.raises(SeveralAtOnce):
        token_id(SEVERAL)


@pytest.fixture
def check(world):
    """Check a configuration inside the loop, where the console's clock is."""
    return lambda raw: world.call(configuration.check, raw)


def test_the_least_configuration_has_defaults():
    config = configuration.check(LEAST)
    assert (config.language, config.request_timeout_ms, config.pulse_cents) == ("en", 4000, 10)
    assert config.address == ("127.0.0.1", 8000, "")
    assert config.reader == "pn532_i2c"
    assert not config.is_tls


def test_a_name_that_is_not_known_is_without_effect_and_told(check, capsys):
    assert check({**LEAST, "colour": "red"}).device == "coffee_machine"
    assert "config: not known, so without effect: colour" in capsys.readouterr().out


def test_each_setting_that_is_documented_is_known(check, capsys):
    settings = {name: default for name, default, _, _ in configuration._NUMBERS}
    settings |= {name: list(default) for name, default, _ in configuration._LISTS}
    settings |= dict.fromkeys(configuration._FLAGS, True)
    check({**LEAST, **settings, "coin_acceptor": "pulse", "coin_currency": "EUR", "config_version": 1})
    assert capsys.readouterr().out == ""


def test_a_configuration_of_another_chip_is_refused(check, monkeypatch):
    foreign = (
        ("esp32", "rp2040_mdb"),
        ("rp2", "esp32_pn532_coffee"),
        ("esp32", "simulator"),
        ("rp2", "simulator"),
    )
    for platform, board in foreign:
        monkeypatch.setattr(configuration.sys, "platform", platform)
        with pytest.raises(ConfigError, match="board: for another chip"):
            check({**LEAST, "board": board})


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://ledger.example", (True, ("ledger.example", 443, ""))),
        ("http://ledger.example/", (False, ("ledger.example", 80, ""))),
        ("https://ledger.example:8443/tap/", (True, ("ledger.example", 8443, "/tap"))),
    ],
)
def test_an_address_is_taken_apart(url, expected):
    assert configuration.parse_url(url) == expected


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"device": None}, "device is missing"),
        ({"device": "toaster"}, "device: not known"),
        ({"language": "fr"}, "language: not known"),
        ({"reader": "pn532"}, "reader: not known"),
        ({"ledger_url": None}, "ledger_url is missing"),
        ({"ledger_url": "ftp://x"}, "ledger_url: no http"),
        ({"ledger_url": "http://"}, "ledger_url: bad host"),
        ({"ledger_url": "http://x:0"}, "ledger_url: bad host"),
        ({"ledger_url": "http://x:port"}, "ledger_url: bad host"),
        ({"api_token": ""}, "api_token: no text"),
        ({"api_token": 5}, "api_token: no text"),
        ({"api_token": "a\r\nX-Evil: 1"}, "api_token: bad letter"),
        ({"pulse_cents": 0}, "pulse_cents: 1..1000"),
        ({"pulse_cents": 2.5}, "pulse_cents: no number"),
        ({"pulse_cents": True}, "pulse_cents: no number"),
        ({"request_timeout_ms": "4000"}, "request_timeout_ms: no number"),
        ({"buttons": "espresso"}, "buttons: no list"),
        ({"buttons": ["espresso", 5]}, "buttons: no text in it"),
        ({"buttons": [["espresso"]]}, "buttons: no text in it"),
        ({"coins_cents": 10}, "coins_cents: no list"),
        ({"coins_cents": [10, "20"]}, "coins_cents: no number in it"),
        ({"coins_cents": [10, 0.5]}, "coins_cents: no number in it"),
        ({"coins_cents": [True]}, "coins_cents: no number in it"),
        ({"coins_cents": [10, 0]}, "coins_cents: less than 1 in it"),
        ({"coins_cents": [-10]}, "coins_cents: less than 1 in it"),
        ({"wifi": "home"}, "wifi: no object"),
        ({"wifi": {"ssid": 5}}, "wifi: ssid: no text"),
        ({"wifi": {"ssid": "home", "password": 12345678}}, "wifi: password: no text"),
        ({"buzzer": "yes"}, "buzzer: true or false"),
        ({"allow_plain_http": 1}, "allow_plain_http: true or false"),
        ({"confirm": "true"}, "confirm: true or false"),
        # A slip of the pen that would cost money.
        ({"pulse_cent": 5}, "not known: pulse_cent"),
        ({"coin_cents": [5]}, "not known: coin_cents"),
        ({"top_up_limit": 500}, "not known: top_up_limit"),
        ({"mdb_decimal": 0}, "not known: mdb_decimal"),
        ({"config_version": 0}, "config_version: 0 is too old, not 1"),
        ({"config_version": 2}, "config_version: 2 is too new, not 1"),
        ({"config_version": "1"}, "config_version: no number"),
    ],
)
def test_a_bad_value_is_named_and_fits_on_the_display(check, changes, message):
    raw = {name: value for name, value in {**LEAST, **changes}.items() if value is not None}
    with pytest.raises(ConfigError) as caught:
        check(raw)
    assert str(caught.value) == message
    assert len(wrap(message)) <= 3


@pytest.mark.parametrize(
    ("content", "message"),
    [
        *((None, "is missing"), ("{", "no JSON"), ("[]", "no object"), ("", "no JSON")),
        *(("\x00\x00", "no JSON"), ("[" * 8193, "is too long")),
    ],
)
def test_a_file_that_is_no_configuration_says_what_is_wrong(tmp_path, content, message):
    path = tmp_path / "config.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigError, match=message):
        configuration.load(str(path))


def test_a_file_is_read(tmp_path):
    path = tmp_path / "config.json"
    path.write_text(json.dumps(LEAST))
    assert configuration.load(str(path)).api_token == "abc"


def test_both_languages_say_the_same_things():
    assert ENGLISH.keys() == GERMAN.keys()
    for name, text in ENGLISH.items():
        assert {word for word in LONGEST if "{" + word + "}" in text} == {
            word for word in LONGEST if "{" + word + "}" in GERMAN[name]
        }, name


@pytest.mark.parametrize(("columns", "rows"), [(20, 4), (16, 8)], ids=["lcd", "oled"])
@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("name", sorted(set(ENGLISH) - {"point"}))
def test_each_text_fits_on_both_displays_with_the_longest_values(columns, rows, language, name):
    lines = Texts(language, columns).lines(name, **LONGEST)
    assert len(lines) <= rows
    assert all(len(line) <= columns for line in lines)
    assert "{" not in "".join(lines)


@pytest.mark.parametrize("texts_of_language", [ENGLISH, GERMAN], ids=["en", "de"])
def test_no_word_of_a_text_is_too_long_for_the_narrower_display(texts_of_language):
    words = {word for text in texts_of_language.values() for word in text.split() if "{" not in word}
    assert max(len(word) for word in words) <= 16


WHAT_NEXT = {
    "en": ("lease ", "all staff", "sk the staff", "op up first", "given back by itself", "Keep the money"),
    "de": ("itte ", "Personal ", "rst aufladen", "von selbst zurück", "Geld behalten"),
}
REFUSALS = (
    *("no_connection", "unknown_token", "blocked_token", "random_uid", "bad_uid", "refused", "forbidden"),
    *("unauthorised", "journal_full", "reader_failed", "no_product", "too_little", "not_delivered"),
    *("coin_unknown", "coin_slot_failed", "over_limit", "top_up_unknown", "several_tokens"),
    *("coin_acceptor_silent", "coins_lost"),
)


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_says_what_to_do_next(language, name):
    said = " ".join(Texts(language).lines(name, **LONGEST))
    assert any(words in said for words in WHAT_NEXT[language]), said


@pytest.mark.parametrize(
    ("cents", "expected"),
    [(0, "0.00 EUR"), (5, "0.05 EUR"), (25, "0.25 EUR"), (1200, "12.00 EUR"), (-5, "-0.05 EUR")],
)
def test_money_is_written_with_two_places(cents, expected):
    assert Texts("en").money(cents) == expected
    assert Texts("de").money(cents) == expected.replace(".", ",")


def test_lines_break_between_words_and_long_words_are_cut():
    assert wrap("one two three four five six") == ["one two three four", "five six"]
    assert wrap("a\n\nb") == ["a", "", "b"]
    assert wrap("x" * 30) == ["x" * 20]
    assert wrap("one two three four five six", 16) == ["one two three", "four five six"]


def test_events_come_in_order_and_what_does_not_fit_is_counted(world):
    queue = world.call(Events, 2)
    for number in range(4):
        queue.put(events.BUTTON, number)
    assert world.run(queue.next(10)) == (events.BUTTON, 0)
    assert world.run(queue.next(10)) == (events.BUTTON, 1)
    assert world.run(queue.next(10)) == (None, None)
    assert queue.discards == 2


def test_forgetting_leaves_other_events_alone(world):
    queue = world.call(Events)
    queue.put(events.BUTTON, 1)
    queue.put(events.SETTLED, "x")
    queue.forget(events.BUTTON)
    assert world.run(queue.next(10)) == (events.SETTLED, "x")


def test_files_are_replaced_whole(tmp_path):
    files = Files(str(tmp_path / "state"))
    files.write_whole("a", b"one")
    files.write_whole("a", b"two")
    assert Files(str(tmp_path / "state")).read_small("a", 10) == b"two"
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["a"]


def test_a_missing_file_reads_as_empty(tmp_path):
    assert Files(str(tmp_path)).read_small("none", 10) == b""


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path):
    with pytest.raises(OSError):
        Files(str(tmp_path / "none" / "state"))


def test_only_the_language_that_is_spoken_is_loaded():
    assert texts.Texts("de").plain("point") == ","
    assert texts.Texts("en").plain("point") == "."
