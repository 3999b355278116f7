"""Keeps the WiFi up: the driver's own word is not enough, so the ledger's door is knocked at too."""

import asyncio

from micropython import const

from ledger_client.http import close_quietly
from system import compat
from system.log import log

_CONNECT_MS = const(15000)
_LOOK_MS = const(2000)
_PROBE_EVERY_MS = const(60000)
_PROBE_MS = const(5000)
# So many probes in vain, and the radio is switched off and on although it calls itself connected.
_PROBES_IN_VAIN = const(3)


class WiFi:
    """Supervises a station interface (`network.WLAN`). Each attempt to connect is bounded.

    `open_plain(host, port)` opens a bare connection for the probe.
    """

    def __init__(self, wlan, settings, address, backoff, open_plain=asyncio.open_connection):
        # Called once after the first connection and again until it raises no OSError.
        self.on_connected = None
        self._wlan = wlan
        self._settings = settings
        self._host, self._port = address[0], address[1]
        self._backoff = backoff
        self._open_plain = open_plain
        self._probed_at = compat.ticks_ms()
        self._in_vain = 0

    async def run(self, beat):
        """Connect, watch and reconnect for ever."""
        while True:
            beat()
            if not self._wlan.isconnected():
                await self._connect(beat)
            elif self.on_connected:
                self._tell_connected()
            elif compat.ticks_diff(compat.ticks_ms(), self._probed_at) >= _PROBE_EVERY_MS:
                await self._probe()
            await compat.sleep_ms(_LOOK_MS)

    async def _connect(self, beat):
        self._wlan.active(True)
        try:
            self._wlan.connect(self._settings.get("ssid"), self._settings.get("password"))
        except OSError as error:
            log("wifi", f"connect: {error!r}")
        started = compat.ticks_ms()
        while compat.ticks_diff(compat.ticks_ms(), started) < _CONNECT_MS:
            beat()
            if self._wlan.isconnected():
                log("wifi", f"connected to {self._settings.get('ssid')}")
                self._backoff.reset()
                self._in_vain = 0
                self._probed_at = compat.ticks_ms()
                return
            await compat.sleep_ms(250)
        log("wifi", "no connection; the radio is switched off and on")
        self._wlan.active(False)
        await compat.sleep_ms(self._backoff.next_ms())

    def _tell_connected(self):
        try:
            self.on_connected()
            self.on_connected = None
        except OSError as error:
            log("wifi", f"not yet usable: {error!r}")

    async def _probe(self):
        self._probed_at = compat.ticks_ms()
        try:
            _, writer = await compat.wait_for_ms(self._open_plain(self._host, self._port), _PROBE_MS)
            await close_quietly(writer)
            self._in_vain = 0
        except (OSError, asyncio.TimeoutError):
            self._in_vain += 1
        if self._in_vain >= _PROBES_IN_VAIN:
            log("wifi", "connected, but the ledger is out of reach")
            self._in_vain = 0
            self._wlan.active(False)
