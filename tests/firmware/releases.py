"""Releases that a ledger in memory offers, the device that may take them, and what can go wrong with them."""

import json

import slots
from ledger_client.http import HttpError
from ota.source import Source
from ota.updates import KEY_PATH, Updates

from ledger.domain.firmware.rules import sha256_of
from tests.factories.firmware import key_pair, manifest_of, signature_of
from tests.firmware.littleflash import LittleFlash
from tests.firmware.world import no_beat

BOARD = "simulator"
OLD_APP = b"what a person copied by cable"
PIECE_BYTES = 2048
MODULES = {
    "app.mpy": b"M\x06 the new program",
    "system/version.mpy": b"M\x06" + bytes(range(250)) * 13,
    "drivers/deep/chip.mpy": b"M\x06" + b"chip" * 1500,
}


class Restarted(Exception):
    """The device starts again; nothing behind this runs."""


class Releases:
    """Answers the firmware routes as the ledger does; stands where HttpClient does."""

    def __init__(self):
        self.files = {}
        self.release = None
        self.is_away = False
        self.status = 200
        self.pieces = 0
        self.before_piece = lambda number: None

    def publish(self, version="9.0.0", contents=MODULES, keys=None, **manifest):
        """Offer a release; returns its manifest's SHA-256."""
        made = manifest_of(contents, version, **manifest)
        return self.publish_manifest(made, version, contents, signature_of(made, keys))

    def publish_manifest(self, manifest, version, contents, signature):
        """Offer whatever is given."""
        self.files |= {sha256_of(content): content for content in [manifest, *contents.values()]}
        sha256 = sha256_of(manifest)
        self.release = {"version": version, "manifest": sha256, "size": len(manifest), "signature": signature}
        return sha256

    async def request(self, method, path, body=None):
        """Answer one request."""
        if self.is_away:
            raise HttpError("OSError 113", False)
        if self.status != 200:
            return self.status, b'{"message": "No."}'
        asked, _, query = path.partition("?")
        if asked == "/pos/firmware":
            return 200, json.dumps({"data": {"release": self.release}}).encode()
        self.pieces += 1
        self.before_piece(self.pieces)
        offset = int(query.partition("=")[2])
        piece = self.files[asked.rpartition("/")[2]][offset : offset + PIECE_BYTES]
        return 200, json.dumps({"data": {"content": piece.hex()}}).encode()


class Around:
    """The device around the updates."""

    def __init__(self):
        self.ailment = None
        self.serving = False
        self.open_records = 0

    def ailing(self):
        """Return what is not healthy."""
        return self.ailment

    def is_serving(self):
        """Tell whether a vend is open."""
        return self.serving

    def is_idle(self):
        """Tell whether nothing is open."""
        return not self.serving and not self.open_records

    def restart(self):
        """Start again."""
        raise Restarted


class Site:
    """A device with the program that a person copied, and the releases that it is offered."""

    def __init__(self, world, chip=None):
        self.world = world
        self.releases = Releases()
        self.around = Around()
        self.flash = LittleFlash(chip)
        self.flash.files.write("/app.py", OLD_APP)
        self.flash.files.write(KEY_PATH, key_pair().public)

    @property
    def updates(self):
        """The updates as they are after a start."""
        return Updates(self.flash, Source(self.releases), BOARD, self.around)

    def look(self):
        """Ask for an update once; True when the device starts again for it."""
        try:
            self.world.run(self.updates.look(no_beat))
        except Restarted:
            return True
        return False

    def start(self):
        """Start: return which slot is chosen, and whether it is on trial."""
        self.flash = self.flash.boot()
        return slots.choose(self.flash)

    def install(self, version, **release):
        """Take a version and keep it."""
        self.releases.publish(version, **release)
        assert self.look()
        slot, is_trial = self.start()
        assert is_trial
        slots.confirm(self.flash)
        return slot

    def version_in(self, slot):
        """Return the version that is whole in a slot, or None."""
        if slot == slots.ROOT:
            return "root" if self.flash.read("/app.py") == OLD_APP else None
        root = slots.folder(slot)
        manifest = self.flash.read(root + "/manifest")
        if manifest is None:
            return None
        lines = manifest.decode().splitlines()
        for sha256, _, path in [line.split(" ") for line in lines[5:]]:
            if sha256_of(self.flash.read(f"{root}/{path}") or b"") != sha256:
                return None
        return lines[1].partition(" ")[2]
