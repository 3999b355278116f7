"""The updates of one device: a version that is on trial is confirmed, and newer ones are taken."""

import sys

from micropython import const

import slots
from ota.errors import UpdateRefused
from system import compat
from system.log import log
from system.version import VERSION

KEY_PATH = "/update_key.json"
_LOOK_MS = const(200)


class Updates:
    """Runs beside the device and never touches the program that runs: an update goes to the other slot.

    `host` is the device around it (ota.host.Host).
    """

    def __init__(self, flash, source, board, host):
        self._flash = flash
        self._source = source
        self._board = board
        self._host = host

    async def begin(self, beat):
        """Say what runs; when it is on trial, confirm it or start again."""
        slot, state, _ = slots.read(self._flash)
        log("ota", f"version {VERSION} runs from {slot}, {state}")
        if slots.is_on_trial(state):
            from ota.trial import Trial

            await Trial(self._flash, self._host).run(beat)

    async def look(self, beat):
        """Take an update when there is one; the console says why one was not taken."""
        try:
            offer = await self._source.offer(self._board, VERSION)
            if offer:
                await self._take(offer, beat)
        except UpdateRefused as error:
            log("ota", f"not updated: {error}")
        except OSError as error:
            log("ota", f"not updated: the flash fails: {error!r}")

    async def _take(self, offer, beat):
        # Loaded now, because most days bring no update.
        from ota.install import Installer
        from ota.signature import read_key

        modulus = read_key(self._flash, KEY_PATH)
        # A function keeps its module in memory.
        del read_key
        fit = (self._board, VERSION, getattr(sys.implementation, "_mpy", None))
        installer = Installer(self._flash, self._source, modulus, fit)
        try:
            slot = await installer.install(offer, self._until_idle, beat)
        except OSError:
            installer.give_room()
            raise
        await self._until_idle(beat)
        # From here to the restart nobody else runs: no vend can begin in between.
        slots.try_out(self._flash, slot)
        log("ota", f"the update is whole in slot {slot}; it is started")
        self._host.restart()

    async def _until_idle(self, beat):
        beat()
        await compat.sleep_ms(0)
        while not self._host.is_idle():
            beat()
            await compat.sleep_ms(_LOOK_MS)
