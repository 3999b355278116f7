"""Keeps the device running, after system/assembly.py has put it together from its configuration."""

import gc
import sys


async def run():
    """Build everything and serve for ever; raises ConfigError before anything has started."""
    from system.assembly import start

    supervisor = await start()
    # What only the start needs would hold memory for good where it is not frozen.
    del start
    del sys.modules["system.assembly"]
    delattr(sys.modules["system"], "assembly")
    gc.collect()
    await supervisor.watch()
