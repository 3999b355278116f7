"""Asks the ledger for updates, with the terminal's own token: one small answer at a time."""

import json
from binascii import unhexlify

from ledger_client.http import HttpError
from ota.errors import UpdateRefused


class Source:
    """The ledger's firmware routes (our addition to the terminal API)."""

    def __init__(self, http):
        self._http = http

    async def offer(self, board, version):
        """Return what is published for this device beyond its version, as a dictionary, or None."""
        data = await self._ask(f"/pos/firmware?board={board}&version={version}")
        release = data.get("release")
        if release is not None and not isinstance(release, dict):
            raise UpdateRefused("the ledger's answer makes no sense")
        return release

    async def piece(self, sha256, offset):
        """Return the next bytes of a file, from an offset on; none behind its end."""
        data = await self._ask(f"/pos/firmware/files/{sha256}?offset={offset}")
        try:
            return unhexlify(data["content"])
        except (KeyError, TypeError, ValueError):
            raise UpdateRefused("the ledger's answer makes no sense")

    async def _ask(self, path):
        try:
            status, raw = await self._http.request("GET", path)
        except HttpError as error:
            raise UpdateRefused(f"the ledger is out of reach: {error}")
        if status != 200:
            raise UpdateRefused(f"the ledger answers {status}")
        try:
            data = json.loads(raw)["data"]
        except (ValueError, KeyError, TypeError):
            data = None
        if not isinstance(data, dict):
            raise UpdateRefused("the ledger's answer makes no sense")
        return data
