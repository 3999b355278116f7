"""What makes a board this device outlives a flash that was formatted, on chips with a store of their own."""

import json

import pytest
from system import provisioning

CONFIG = json.dumps({"device": "coffee_machine", "ledger_url": "https://ledger.example"}).encode()
FILES = {"config.json": CONFIG, "ca.der": bytes(range(256)) * 4, "state/token": b"secret 12345678\n"}


class Store:
    """Behaves as esp32.NVS does: what was not committed is gone with the power."""

    def __init__(self, kept=None):
        self.kept = dict(kept or {})
        self._pending = dict(self.kept)
        self.commits = 0

    def get_blob(self, key, buffer):
        if key not in self._pending:
            raise OSError(-0x1102)
        buffer[: len(self._pending[key])] = self._pending[key]
        return len(self._pending[key])

    def set_blob(self, key, data):
        assert len(key) <= 15
        self._pending[key] = bytes(data)

    def commit(self):
        self.kept = dict(self._pending)
        self.commits += 1


@pytest.fixture(autouse=True)
def clock(world):
    """The console shows the loop's time; without a loop there is none."""
    return world


@pytest.fixture
def do(world, tmp_path):
    return lambda function, store: world.call(function, store, str(tmp_path))


@pytest.fixture
def flash(tmp_path):
    (tmp_path / "state").mkdir()
    for name, data in FILES.items():
        (tmp_path / name).write_bytes(data)
    return tmp_path


def formatted(flash):
    for name in FILES:
        (flash / name).unlink()
    (flash / "state").rmdir()


def read(flash):
    return {name: (flash / name).read_bytes() for name in FILES if (flash / name).exists()}


def test_a_formatted_flash_gets_back_configuration_certificate_and_token(flash, do, capsys):
    store = Store()
    do(provisioning.keep, store)
    formatted(flash)
    do(provisioning.restore, Store(store.kept))
    assert read(flash) == FILES
    told = capsys.readouterr().out
    assert told.count("it is back from the chip's own store") == 3
    assert "secret" not in told


def test_what_has_not_changed_is_not_written_again(flash, do):
    store = Store()
    do(provisioning.keep, store)
    do(provisioning.keep, store)
    assert store.commits == 1
    (flash / "config.json").write_bytes(CONFIG + b" ")
    do(provisioning.keep, store)
    assert (store.commits, store.kept["config"]) == (2, CONFIG + b" ")


def test_what_a_person_has_removed_stays_away_while_there_is_a_configuration(flash, do):
    store = Store()
    do(provisioning.keep, store)
    (flash / "state" / "token").unlink()
    do(provisioning.restore, store)
    assert "state/token" not in read(flash)


def test_an_empty_store_and_a_chip_without_one_change_nothing(flash, do):
    formatted(flash)
    do(provisioning.restore, Store())
    do(provisioning.restore, None)
    do(provisioning.keep, None)
    assert read(flash) == {}


def test_a_file_that_is_too_long_for_the_store_is_left_out(flash, do):
    (flash / "ca.der").write_bytes(bytes(4001))
    store = Store()
    do(provisioning.keep, store)
    assert sorted(store.kept) == ["config", "token"]


class FullStore(Store):
    """Has no room any more."""

    def set_blob(self, key, data):
        raise OSError(-0x1105, "ESP_ERR_NVS_NOT_ENOUGH_SPACE")


def test_a_store_that_takes_nothing_is_told_and_stops_nothing(flash, do, capsys):
    do(provisioning.keep, FullStore())
    assert "the chip's own store fails" in capsys.readouterr().out
    assert read(flash) == FILES


@pytest.mark.parametrize("writes", range(3))
def test_a_power_cut_while_it_comes_back_leaves_the_rest_to_the_next_start(flash, do, monkeypatch, writes):
    store, whole = Store(), provisioning._write
    do(provisioning.keep, store)
    formatted(flash)

    def cut(path, data):
        if len(read(flash)) == writes:
            raise KeyboardInterrupt
        whole(path, data)

    monkeypatch.setattr(provisioning, "_write", cut)
    with pytest.raises(KeyboardInterrupt):
        do(provisioning.restore, store)
    monkeypatch.setattr(provisioning, "_write", whole)
    do(provisioning.restore, store)
    assert read(flash) == FILES
