"""The task of the updates. Between two looks nothing else of them stays in memory."""

import gc
import sys

from micropython import const

from ledger_client.backoff import Backoff
from system import compat

_TICK_MS = const(5000)
# The first look comes about a minute after the start when the later ones come each hour.
_FIRST_PART = const(60)


def prepare(config, entropy, http, around):
    """Return run(beat); `around` is what ota.host.Host is made of."""
    board = config.board
    pauses = Backoff(entropy, config.update_check_ms // _FIRST_PART, config.update_check_ms)

    async def run(beat):
        deed = "begin"
        while True:
            await _do(deed, board, http, around, beat)
            deed, pause_ms = "look", pauses.next_ms()
            # While the journal is not drained there is no update, and no memory for one.
            while pause_ms > 0 or around[3].open_records:
                beat()
                await compat.sleep_ms(_TICK_MS)
                pause_ms -= _TICK_MS

    return run


async def _do(deed, board, http, around, beat):
    import slots
    from ota.host import Host
    from ota.source import Source
    from ota.updates import Updates

    await getattr(Updates(slots.Flash(), Source(http), board, Host(*around)), deed)(beat)
    for name in list(sys.modules):
        if name == "slots" or name == "ota" or name.startswith("ota."):
            del sys.modules[name]
    gc.collect()
