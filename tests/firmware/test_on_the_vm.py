"""What only the real MicroPython VM can show of the firmware: both boards start, and safe mode is safe."""

import json

import pytest
from journal import records

from terminal_sim import Bench

NOWHERE = "http://127.0.0.1:1"


@pytest.fixture
def bench():
    with Bench(seed=1) as made:
        yield made


def terminal(bench, **config):
    settings = {"device": "coffee_machine", "ledger_url": NOWHERE, "api_token": "token", **config}
    return bench.terminal(**settings)


@pytest.mark.parametrize("device", ["coffee_machine", "coin_station", "nfc_terminal", "vending_machine"])
def test_each_device_starts_finds_its_reader_and_says_that_the_ledger_is_away(bench, device):
    machine = terminal(bench, device=device)
    machine.wait_display("No connection")
    machine.run_for(2)
    assert any("reader: working: PN532" in line for line in machine.console)
    assert machine.relay_closures == 0


@pytest.mark.parametrize("device", ["coffee_machine", "coin_station", "nfc_terminal", "vending_machine"])
def test_an_idle_device_runs_for_minutes_without_a_failure_and_within_its_memory(bench, device):
    machine = terminal(bench, device=device)
    machine.run_for(30)
    before = machine.live_set_bytes()
    machine.run_for(180)
    # A try that is under way holds a little more than the pause between two.
    assert machine.live_set_bytes() < before + 4096
    assert machine.live_set_bytes() < 96 * 1024
    assert not [line for line in machine.console if "Traceback" in line or "failed" in line]


def test_the_selftest_names_each_part_of_the_board_and_what_is_missing(bench):
    machine = terminal(bench, selftest=True)
    machine.run_for(70)
    said = "\n".join(machine.console)
    found = ("reader  ok    PN532", "display ok", "flash   ok", "buttons ok    4 are at rest", "ledger  FAIL")
    for line in found:
        assert f"selftest: {line}" in said
    assert "selftest: 2 failed: see README, Faults" in said, "no ledger, and no time from it"
    assert machine.relay_closures == 0
    machine.run_for(120)
    assert "gives no sign of life" not in "\n".join(machine.console)


def test_with_an_oled_and_a_buzzer_it_speaks_german_on_the_glass_and_is_heard(bench):
    machine = terminal(bench, display="oled", buzzer=True, language="de")
    machine.wait_display("Keine Verbindung.")
    assert [len(line) for line in machine.display] == [16] * 8
    machine.tap("08A1B2C3")
    machine.wait_display("Diese Karte ändert stets ihre Nummer.")
    machine.run_for(2)
    tone = machine.buzzer.tones[-1]
    assert tone.hertz == 330
    assert 440_000 < tone.duration_us < 460_000
    assert machine.live_set_bytes() < 96 * 1024


def full_journal(open_records):
    """Return a journal with as many remarkable and open records as a device keeps."""
    lines = []
    for number in range(1, 32 + open_records + 1):
        record = records.Record(number, f"a1b2c3d4-12-{number}", records.COIN, "04A1B2C3D4E5F6", 110)
        record.text = "no coin has 11 pulses"
        lines.append(record.intent_line())
        if number <= 32:
            record.state, record.note = records.NOTED, "cut off while a coin was counted"
            lines.append(record.state_line())
    return b"".join(lines)


@pytest.mark.parametrize(
    ("config", "open_records"),
    [
        ({"device": "coin_station", "coin_acceptor": "pulse"}, 36),
        ({"device": "coin_station", "coin_acceptor": "cctalk"}, 36),
        ({"device": "vending_machine"}, 8),
    ],
)
def test_a_device_with_a_full_journal_stays_within_its_memory(bench, config, open_records):
    machine = terminal(bench, **config)
    machine.cut_power()
    machine.device.files().write("/state/journal", full_journal(open_records))
    machine.boot()
    machine.run_for(40)
    assert any("journal: 32 remarkable records, 0 older" in line for line in machine.console)
    assert machine.live_set_bytes() < 96 * 1024
    assert not [line for line in machine.console if "Traceback" in line or "MemoryError" in line]


@pytest.mark.parametrize(
    ("board", "device"), [("esp32_pn532_coffee", "coffee_machine"), ("esp32_nfc_terminal", "nfc_terminal")]
)
def test_the_real_board_starts_on_wifi_and_tells_the_console_no_secret(bench, board, device):
    wifi = {"ssid": "home", "password": "open-sesame"}
    settings = {"device": device, "wifi": wifi, "allow_plain_http": True, "api_token": "seven-seals"}
    machine = terminal(bench, board=board, **settings)
    machine.wait_display("No connection")
    assert any("wifi: connected to home" in line for line in machine.console)
    said = "\n".join(machine.console)
    assert "open-sesame" not in said
    assert "seven-seals" not in said


@pytest.mark.parametrize("acceptor", ["cctalk", "dg600f"])
def test_the_real_coin_board_starts_on_wifi(bench, acceptor):
    wifi = {"ssid": "home", "password": "x"}
    settings = {"device": "coin_station", "coin_acceptor": acceptor, "wifi": wifi, "buzzer": True}
    machine = terminal(bench, board="rp2040_coin", allow_plain_http=True, **settings)
    machine.wait_display("No connection")
    machine.run_for(10)
    assert not [line for line in machine.console if "Traceback" in line or "failed" in line]


@pytest.mark.parametrize(
    ("reader", "failure"),
    [("pn532_spi", "no ACK"), ("pn532_hsu", "not ready"), ("mfrc522", "version ff: no chip")],
)
def test_the_real_board_lives_on_when_the_reader_that_is_named_is_not_on_its_wires(bench, reader, failure):
    machine = terminal(
        bench,
        board="esp32_pn532_coffee",
        reader=reader,
        wifi={"ssid": "home", "password": "x"},
        allow_plain_http=True,
    )
    machine.wait_display("Out of order: the card reader does not answer.", timeout_s=60)
    assert any("reader: failure" in line and failure in line for line in machine.console)
    machine.run_for(60)
    assert not [line for line in machine.console if "Traceback" in line or "no sign of life" in line]


@pytest.mark.parametrize(
    ("config", "line"),
    [
        ({"board": "toaster"}, "board: not known"),
        ({"board": "esp32"}, "board: not known"),
        ({"board": "boards.simulator"}, "board: not known"),
        ({"api_token": "with blank"}, "api_token: bad"),
        ({"buttons": [5]}, "buttons: no text in"),
        ({"coins_cents": ["10"]}, "coins_cents: no"),
        ({"board": "esp32_pn532_coffee"}, "wifi: ssid is"),
        ({"board": "esp32_pn532_coffee", "wifi": {"ssid": "home"}}, "ledger_url: https is"),
        ({"board": "esp32_pn532_coffee", "device": "coin_station"}, "device: this board"),
        ({"board": "esp32_nfc_terminal", "device": "coin_station"}, "device: this board"),
        ({"board": "rp2040_coin"}, "device: this board"),
        ({"device": "coin_station", "coin_acceptor": "slot"}, "coin_acceptor: not"),
        (
            {
                "board": "esp32_pn532_coffee",
                "wifi": {"ssid": "home"},
                "ledger_url": "https://ledger.example",
            },
            "ca.der is missing",
        ),
    ],
)
def test_a_wrong_configuration_is_shown_and_restarts_nothing(bench, config, line):
    machine = terminal(bench, **config)
    machine.wait_display(line)
    assert machine.display[0].strip() == "Configuration:"
    machine.run_for(300)
    assert sum("cannot run" in line for line in machine.console) == 1
    assert machine.relay_closures == 0


@pytest.mark.parametrize("device", ["coffee_machine", "coin_station", "nfc_terminal", "vending_machine"])
def test_each_device_stays_in_safe_mode_with_an_old_a_foreign_and_a_broken_configuration(bench, device):
    machine = terminal(bench, device=device)
    sound = machine.config
    for config, line in (
        ({**sound, "config_version": 0}, "config_version: 0 is too old, not 1"),
        ({**sound, "board": "rp2040_mdb"}, "board: for another chip"),
        ({**sound, "request_timeout_ms": "4000"}, "request_timeout_ms: no number"),
        (None, "config.json is no JSON"),
    ):
        machine.cut_power()
        machine.device.files().write("/config.json", b"{" if config is None else json.dumps(config).encode())
        said_before = len(machine.console)
        machine.boot()
        machine.wait_until(lambda: machine.display[0].strip() == "Configuration:")
        assert "".join(machine.display[1:]).replace(" ", "") == line.replace(" ", "")
        machine.run_for(130)
        said = machine.console[said_before:]
        assert sum("cannot run" in each for each in said) == 1
        assert sum(line in each for each in said) == 2, "once in the line, once with its place in the program"
        assert machine.relay_closures == 0
    machine.cut_power()
    machine.device.files().write("/config.json", json.dumps(sound).encode())
    machine.boot()
    machine.wait_display("No connection")


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]"],
)
def test_a_broken_configuration_file_is_shown(bench, content):
    machine = terminal(bench)
    machine.cut_power()
    machine.device.files().write("/config.json", content)
    machine.boot()
    machine.wait_display("config.json is no")


def test_a_part_of_the_program_that_is_missing_is_shown_and_tried_again_each_minute(bench):
    machine = terminal(bench)
    machine.cut_power()
    machine.device.files().write("/journal/store.py", b"import nowhere\n")
    machine.boot()
    machine.wait_display("Out of order:")
    machine.run_for(150)
    starts = sum("cannot run" in line for line in machine.console)
    assert 2 <= starts <= 3
