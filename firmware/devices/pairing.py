"""A new device: shows its code until an operator has confirmed it, keeps its token, and starts again."""

from micropython import const

from journal import identity, token
from ledger_client import pairing
from system import compat
from system.log import log

_ASK_MS = const(3000)
# So many asks, and the code is written anew, or nobody has answered for so long that people should know.
_ASKS_A_MINUTE = const(20)
_BEFORE_RESTART_MS = const(2000)


class Pairing:
    """Waits for this device's token. `restart()` is called when it lies on flash."""

    def __init__(self, parts, texts, http, files, ledger_url, restart):
        self._display = parts.display
        self._texts = texts
        self._http = http
        self._files = files
        self._ledger_url = ledger_url
        self._restart = restart
        self._backoff = parts.backoff()
        self._install_id = identity.next_start(files, parts.entropy).split("-")[0]

    async def run(self, beat):
        """Ask, show, wait and keep; a code that is over is followed by another one."""
        while True:
            beat()
            offered = await self._offer()
            api_token = await self._claim(offered, beat) if offered else None
            if api_token:
                await self._keep(api_token, beat)
                return
            await compat.sleep_ms(self._backoff.next_ms())

    async def _offer(self):
        try:
            offered = await pairing.offer(self._http, self._install_id, self._ledger_url)
        except pairing.PairingGone:
            offered = None
        if not offered:
            await self._display.show(self._texts.lines("connecting"))
            return None
        self._backoff.reset()
        await self._show(offered[0], offered[2])
        return offered

    async def _show(self, code, picture):
        if picture and hasattr(self._display, "show_picture"):
            # Beside a picture there is no room for the code on one line.
            columns = self._display.picture_columns
            lines = self._texts.lines("pairing", columns, pairing_code=code[:4] + "- " + code[4:])
            await self._display.show_picture(picture, lines)
        else:
            await self._display.show(self._texts.lines("pairing", pairing_code=code[:4] + "-" + code[4:]))

    async def _claim(self, offered, beat):
        code, secret, picture = offered
        asks = silences = 0
        try:
            while True:
                beat()
                api_token = await pairing.claim(self._http, secret)
                if api_token:
                    return api_token
                was_silent = silences >= _ASKS_A_MINUTE
                asks, silences = asks + 1, silences + 1 if api_token is None else 0
                if silences >= _ASKS_A_MINUTE:
                    await self._display.show(self._texts.lines("connecting"))
                elif was_silent or asks % _ASKS_A_MINUTE == 0:
                    await self._show(code, picture)
                await compat.sleep_ms(_ASK_MS)
        except pairing.PairingGone:
            return None

    async def _keep(self, api_token, beat):
        # The ledger hands it out once: it is not let go of before it lies on flash.
        while not token.keep_token(self._files, api_token):
            beat()
            await self._display.show(self._texts.lines("journal_full"))
            await compat.sleep_ms(self._backoff.next_ms())
        log("pairing", "paired")
        await self._display.show(self._texts.lines("paired"))
        await compat.sleep_ms(_BEFORE_RESTART_MS)
        self._restart()


def prepare(parts, texts, http, files, ledger_url):
    """Return the tasks of a device that has no token yet, as (name, run, longest silence in ms)."""

    def restart():
        import machine

        machine.reset()

    return (("pairing", Pairing(parts, texts, http, files, ledger_url, restart).run, 90000),)
