"""Updates over the air: taken when they are signed, newer and fit; refused with a line that says why."""

import sys

import pytest
import slots
from ota.updates import KEY_PATH

from tests.factories.firmware import key_pair, manifest_of, signature_of
from tests.firmware.releases import MODULES, Restarted, Site
from tests.firmware.world import no_beat


@pytest.fixture(autouse=True)
def loads_mpy(monkeypatch):
    """Let CPython say what a MicroPython that loads .mpy 6.3 says."""
    monkeypatch.setattr(sys.implementation, "_mpy", 774, raising=False)


@pytest.fixture
def site(world):
    """Return a device that was deployed by cable, to which 9.0.0 is offered."""
    made = Site(world)
    made.releases.publish()
    return made


def files_below(flash, folder):
    """Return the paths of all files below a folder."""
    found = []
    for name, kind, *_ in flash.ilistdir(folder):
        found += files_below(flash, f"{folder}/{name}") if kind == 0x4000 else [f"{folder}/{name}"]
    return sorted(found)


def test_a_device_that_was_deployed_by_cable_takes_its_first_update(site):
    assert slots.choose(site.flash) == ("root", False)
    assert site.look()
    assert site.version_in("a") == "9.0.0"
    assert site.start() == ("a", True)
    slots.confirm(site.flash)
    assert site.start() == ("a", False)


def test_updates_take_turns_between_the_slots_and_leave_no_file_of_an_older_one(site):
    assert site.install("9.0.0") == "a"
    assert site.install("9.1.0") == "b"
    assert site.install("9.2.0", contents={"app.mpy": b"M\x06 smaller"}) == "a"
    assert files_below(site.flash, "/app_a") == ["/app_a/app.mpy", "/app_a/manifest"]
    assert site.version_in("b") == "9.1.0"


def test_what_did_not_change_is_not_fetched_again(site):
    site.install("9.0.0")
    site.install("9.1.0")
    before = site.releases.pieces
    site.install("9.2.0", contents={**MODULES, "app.mpy": b"M\x06 changed"})
    assert site.releases.pieces - before == 2  # the manifest and one module


def test_nothing_newer_is_nothing_to_do(site, capsys):
    site.releases.release = None
    assert not site.look()
    assert "not updated" not in capsys.readouterr().out


def change_file(releases):
    sha256 = next(key for key, content in releases.files.items() if content == MODULES["app.mpy"])
    releases.files[sha256] = b"M\x06 somebody else's"


def change_manifest(releases):
    sha256 = releases.release["manifest"]
    releases.files[sha256] = releases.files[sha256].replace(b"9.0.0", b"9.9.9")


def offer_changed_manifest(releases):
    manifest = manifest_of(MODULES, "9.9.9")
    releases.publish_manifest(manifest, "9.9.9", MODULES, releases.release["signature"])


def tear(releases):
    def truncate(number):
        if number == 3:
            releases.files = dict.fromkeys(releases.files, b"")

    releases.before_piece = truncate


def lose_connection(releases):
    def away(number):
        releases.is_away = number == 3

    releases.before_piece = away


def offer_nonsense(releases):
    releases.release["signature"] = "no hexadecimal"


def sign_malformed_manifest(releases):
    manifest = manifest_of(MODULES).replace(b"app.mpy", b"../app.mpy")
    releases.publish_manifest(manifest, "1.0.0", MODULES, signature_of(manifest))


@pytest.mark.parametrize(
    ("trouble", "line"),
    [
        (change_file, "/app_a/app.mpy is not what the manifest says"),
        (change_manifest, "/app_a/manifest.new is not what the manifest says"),
        (offer_changed_manifest, "the manifest is not signed with this device's key"),
        (lambda releases: releases.publish(keys=key_pair("another")), "not signed with this device's key"),
        (lambda releases: releases.publish("0.1.9"), "version 0.1.9 is not newer than 0.2.0"),
        (lambda releases: releases.publish("0.2.0"), "version 0.2.0 is not newer than 0.2.0"),
        (lambda releases: releases.publish(board="rp2040_mdb"), "board rp2040_mdb, this is simulator"),
        (lambda releases: releases.publish(mpy=5), ".mpy version 5, this MicroPython loads 6"),
        (tear, "has not arrived whole"),
        (lose_connection, "the ledger is out of reach: OSError 113"),
        (lambda releases: vars(releases).update(is_away=True), "the ledger is out of reach"),
        (lambda releases: vars(releases).update(status=404), "the ledger answers 404"),
        (lambda releases: releases.release.pop("signature"), "the ledger's answer makes no sense"),
        (offer_nonsense, "the ledger's answer makes no sense"),
        (lambda releases: vars(releases).update(release="9.0.0"), "the ledger's answer makes no sense"),
        (sign_malformed_manifest, "the manifest is malformed: a file"),
    ],
)
def test_what_is_wrong_with_an_update_is_said_and_the_old_program_stays(site, capsys, trouble, line):
    trouble(site.releases)
    assert not site.look()
    said = capsys.readouterr().out
    assert "ota: not updated: " in said
    assert line in said
    assert site.start() == ("root", False)
    assert site.flash.read("/boot.sel") is None


@pytest.mark.parametrize(
    "key",
    [
        b"",
        b"[]",
        b'{"modulus": "zz", "exponent": 65537}',
        b'{"modulus": "ff", "exponent": 65537}',
        key_pair().public.replace(b"65537", b"3"),
    ],
)
def test_a_device_whose_key_cannot_be_used_takes_no_update(site, capsys, key):
    site.flash.files.write(KEY_PATH, key)
    assert not site.look()
    assert f"not updated: {KEY_PATH}" in capsys.readouterr().out


def test_a_micropython_without_mpy_says_so(site, capsys, monkeypatch):
    monkeypatch.delattr(sys.implementation, "_mpy")
    assert not site.look()
    assert "this MicroPython loads none" in capsys.readouterr().out


def test_a_torn_download_goes_on_where_it_was(site):
    lose_connection(site.releases)
    assert not site.look()
    site.releases.before_piece, site.releases.is_away = lambda number: None, False
    before = site.releases.pieces
    assert site.look()
    whole = Site(site.world)
    whole.releases.publish()
    assert whole.look()
    assert site.releases.pieces - before < whole.releases.pieces


def test_a_slot_that_is_half_replaced_has_no_manifest(site):
    site.install("9.0.0")
    site.install("9.1.0")
    site.releases.publish("9.2.0", contents={path: content + b"." for path, content in MODULES.items()})
    site.releases.pieces = 0
    lose_connection(site.releases)
    assert not site.look()
    assert site.flash.read("/app_a/manifest") is None
    assert site.version_in("b") == "9.1.0"


def test_what_the_flash_did_not_keep_is_found_when_all_is_read_back(site, capsys):
    def rot(number):
        # The last module is being fetched; the first one is on the flash already.
        if number == 6:
            site.flash.files.write("/app_a/app.mpy", b"M\x06 rotten")

    site.releases.before_piece = rot
    assert not site.look()
    assert "/app_a/app.mpy is not on the flash as it was written" in capsys.readouterr().out
    assert site.start() == ("root", False)


def test_a_refused_update_leaves_the_other_slot_as_it_was(site):
    site.install("9.0.0")
    site.install("9.1.0")
    site.releases.publish("9.2.0", keys=key_pair("another"))
    assert not site.look()
    assert site.version_in("a") == "9.0.0"


@pytest.mark.parametrize("what", ["serving", "open_records"])
def test_an_update_waits_while_a_vend_is_open_or_the_journal_is_not_drained(site, what):
    setattr(site.around, what, True)
    task = site.world.start(site.updates.look(no_beat))
    site.world.pass_ms(60000)
    assert not task.done()
    assert (site.releases.pieces, site.flash.read("/boot.sel")) == (0, None)
    setattr(site.around, what, False)
    with pytest.raises(Restarted):
        site.world.pass_ms(60000)
    assert site.start() == ("a", True)


def test_a_vend_that_begins_during_the_download_holds_up_the_restart(site):
    def begin(number):
        site.around.serving = number >= 3

    site.releases.before_piece = begin
    task = site.world.start(site.updates.look(no_beat))
    site.world.pass_ms(60000)
    assert not task.done()
    assert site.flash.read("/boot.sel") is None


def test_a_flash_that_is_full_refuses_the_update_and_says_so(site, capsys):
    site.flash.files.write("/large", bytes(2_080_000))
    assert not site.look()
    assert "not updated: the flash fails" in capsys.readouterr().out
    assert site.start() == ("root", False)


class TestTrial:
    """A new version has to show that it is healthy."""

    @pytest.fixture
    def trial(self, site):
        """Return a site whose new version has just been started."""
        assert site.look()
        assert site.start() == ("a", True)
        return site

    def test_it_stays_after_ten_healthy_seconds(self, trial):
        trial.world.start(trial.updates.begin(no_beat))
        trial.world.pass_ms(9000)
        assert slots.is_on_trial(slots.read(trial.flash)[1])
        trial.world.pass_ms(3000)
        assert trial.start() == ("a", False)

    def test_it_starts_again_when_it_does_not_become_healthy_and_says_what_is_missing(self, trial, capsys):
        trial.around.ailment = "the reader does not answer"
        trial.world.start(trial.updates.begin(no_beat))
        with pytest.raises(Restarted):
            trial.world.pass_ms(310000)
        assert "does not become healthy: the reader does not answer" in capsys.readouterr().out

    def test_nobody_is_interrupted_by_its_end(self, trial):
        trial.around.ailment, trial.around.serving = "the ledger is out of reach", True
        trial.world.start(trial.updates.begin(no_beat))
        trial.world.pass_ms(400000)
        trial.around.serving = False
        with pytest.raises(Restarted):
            trial.world.pass_ms(5000)

    def test_after_three_starts_it_is_given_up_and_not_taken_again(self, trial, capsys):
        # The first start was counted by the fixture.
        assert [trial.start() for _ in range(3)] == [("a", True), ("a", True), ("root", False)]
        assert slots.read(trial.flash) == ("root", "rolled_back", "a")
        assert not trial.look()
        assert "version 9.0.0 did not become healthy here" in capsys.readouterr().out
        trial.releases.release["version"] = "9.0.1"
        assert not trial.look()
        assert "version 9.0.0 did not become healthy here" in capsys.readouterr().out
        assert trial.install("9.0.1") == "a"

    def test_it_goes_back_to_the_version_before(self, site):
        site.install("9.0.0")
        site.releases.publish("9.1.0")
        assert site.look()
        assert [site.start() for _ in range(4)] == [("b", True)] * 3 + [("a", False)]
        assert site.version_in("a") == "9.0.0"

    def test_a_try_that_cannot_be_counted_is_not_made(self, trial):
        def refuse(*_):
            raise OSError(28, "full")

        trial.flash.rename = refuse
        assert slots.choose(trial.flash) == ("root", False)


@pytest.mark.parametrize("content", [b"", b"a confirmed root 00000000\n", b"\xff" * 30, b"a 3\n"])
def test_a_damaged_choice_starts_what_came_by_cable(site, content):
    site.install("9.0.0")
    site.flash.files.write("/boot.sel", content)
    assert site.start() == ("root", False)
