"""Writes an update into the slot that does not run: files first, the manifest last, all of it read back."""

import hashlib
from binascii import hexlify, unhexlify

from micropython import const

import slots
from ota.contents import Manifest
from ota.errors import UpdateRefused
from system import compat

_EEXIST = const(17)
_BITE = const(512)
_FOLDER = const(0x4000)
_LARGEST_MANIFEST = const(32768)


class Installer:
    """Brings one update from a source to the flash. It can be cut off anywhere and begun again.

    `fit` is (board, version that runs, sys.implementation._mpy): what the signed manifest has to match.
    Nothing of the slot is touched before the manifest's signature was found good.
    """

    def __init__(self, flash, source, modulus, fit):
        self._flash = flash
        self._source = source
        self._modulus = modulus
        self._fit = fit
        self._buffer = bytearray(_BITE)

    async def install(self, offer, until_idle, beat):
        """Return the slot that holds the update whole; UpdateRefused when there is none then.

        `until_idle(beat)` is awaited before each file, so that people come first.
        """
        slot = "b" if slots.read(self._flash)[0] == "a" else "a"
        root = slots.folder(slot)
        self._require_not_failed(offer.get("version"))
        await until_idle(beat)
        await self._fetch_manifest(offer, slot, beat)
        manifest = Manifest(self._flash, root + "/manifest.new")
        manifest.require_fit(*self._fit)
        self._require_not_failed(manifest.version)
        self._remove(root + "/manifest")
        for path, size, sha256 in manifest.files():
            await until_idle(beat)
            if self._digest(root + "/" + path) != sha256:
                self._make_folders(root, path)
                await self._fetch(sha256, size, root + "/" + path, beat)
        self._remove_strays(root, manifest)
        await self._read_back(root, manifest, beat)
        self._flash.rename(root + "/manifest.new", root + "/manifest")
        return slot

    def give_room(self):
        """Remove what has not become an update: on a full flash the journal needs the room."""
        root = slots.folder("b" if slots.read(self._flash)[0] == "a" else "a")
        try:
            self._remove_strays_in(root, "", ())
        except OSError:
            pass

    async def _fetch_manifest(self, offer, slot, beat):
        try:
            sha256, size = offer["manifest"], offer["size"]
            signature = unhexlify(offer["signature"])
            is_sound = isinstance(sha256, str) and isinstance(size, int) and 0 < size <= _LARGEST_MANIFEST
        except (KeyError, TypeError, ValueError):
            is_sound = False
        if not is_sound:
            raise UpdateRefused("the ledger's answer makes no sense")
        from ota.signature import is_signed

        # The digest is the ledger's word so far; what was fetched has it, or is refused.
        is_ours = is_signed(_bytes_of(sha256), signature, self._modulus)
        # The files are long, and memory is short meanwhile.
        compat.forget("ota.signature")
        if not is_ours:
            raise UpdateRefused("the manifest is not signed with this device's key")
        self._make_folder(slots.folder(slot))
        await self._fetch(sha256, size, slots.folder(slot) + "/manifest.new", beat)

    async def _fetch(self, sha256, size, path, beat):
        digest = hashlib.sha256()
        with self._flash.open(path, "wb") as file:
            offset = 0
            while offset < size:
                beat()
                piece = await self._source.piece(sha256, offset)
                offset += len(piece)
                if not piece or offset > size:
                    raise UpdateRefused(f"{path} has not arrived whole")
                digest.update(piece)
                file.write(piece)
                piece = None
            file.flush()
        if hexlify(digest.digest()).decode() != sha256:
            raise UpdateRefused(f"{path} is not what the manifest says")

    async def _read_back(self, root, manifest, beat):
        for path, _, sha256 in manifest.files():
            beat()
            # The device goes on serving while its flash is read.
            await compat.sleep_ms(0)
            if self._digest(root + "/" + path) != sha256:
                raise UpdateRefused(f"{root}/{path} is not on the flash as it was written")

    def _digest(self, path):
        digest = hashlib.sha256()
        try:
            with self._flash.open(path, "rb") as file:
                while count := file.readinto(self._buffer):
                    digest.update(memoryview(self._buffer)[:count])
        except OSError:
            return None
        return hexlify(digest.digest()).decode()

    def _require_not_failed(self, version):
        _, state, other = slots.read(self._flash)
        try:
            given_up = Manifest(self._flash, slots.folder(other) + "/manifest").version
        except (OSError, UpdateRefused):
            return
        if state == slots.ROLLED_BACK and version == given_up:
            raise UpdateRefused(f"version {version} did not become healthy here; publish a higher one")

    def _remove_strays(self, root, manifest):
        wanted = {path for path, _, _ in manifest.files()}
        wanted.add("manifest.new")
        self._remove_strays_in(root, "", wanted)

    def _remove_strays_in(self, root, below, wanted):
        for entry in list(self._flash.ilistdir(root + "/" + below if below else root)):
            path = below + entry[0]
            if entry[1] == _FOLDER:
                self._remove_strays_in(root, path + "/", wanted)
            elif path not in wanted:
                self._flash.remove(root + "/" + path)

    def _remove(self, path):
        try:
            self._flash.remove(path)
        except OSError:
            pass

    def _make_folders(self, root, path):
        names = path.split("/")[:-1]
        for depth in range(len(names)):
            self._make_folder(root + "/" + "/".join(names[: depth + 1]))

    def _make_folder(self, path):
        try:
            self._flash.mkdir(path)
        except OSError as error:
            if error.errno != _EEXIST:
                raise


def _bytes_of(sha256):
    try:
        digest = unhexlify(sha256)
    except ValueError:
        digest = b""
    if len(digest) != 32:
        raise UpdateRefused("the ledger's answer makes no sense")
    return digest
