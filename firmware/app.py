"""Puts the device together from its configuration and keeps it running."""

import gc
import os

from system import compat
from system.log import log

CONFIG_PATH = "/config.json"
STATE_FOLDER = "/state"
_SETTLE_LIMIT_MS = 120000
_TASK_LIMIT_MS = 90000


def load_board(name):
    """Import the module of a board; ConfigError when there is none of that name."""
    try:
        return getattr(__import__("boards." + name), name)
    except ImportError as error:
        # Only the board itself may be missing; a part of it that is missing is another failure.
        if "boards." + name in str(error):
            from system.config import ConfigError

            raise ConfigError("board: not known")
        raise


async def run():
    """Build everything and serve for ever; raises ConfigError before anything has started."""
    supervisor = await _start()
    # Nobody starts twice, and memory is short.
    for name in ("load_board", "_start", "_assemble"):
        del globals()[name]
    gc.collect()
    await supervisor.watch()


async def _start():
    from system.config import load

    config = load(CONFIG_PATH)
    parts = load_board(config.board).build(config)
    # Only the start needs these modules; where they are not frozen they would hold memory for good.
    compat.forget("system.config", "boards.readers", "boards.parts", "boards." + config.board)
    gc.collect()
    from system.health import Supervisor
    from system.texts import Texts

    texts = Texts(config.language)
    await parts.display.show(texts.lines("starting"))
    device, tasks, settlement, around = _assemble(config, parts, texts)
    compat.forget("journal.identity")
    gc.collect()
    supervisor = Supervisor(parts.watchdog())
    # A board's own function would hold the whole board.
    parts.watchdog = None
    for name, start, limit_ms in tasks + parts.tasks:
        supervisor.start(name, start, limit_ms)
    supervisor.start("reader", parts.presence.run, _TASK_LIMIT_MS)
    supervisor.start("catalogue", device.keep_catalogue, _TASK_LIMIT_MS)
    supervisor.start("settlement", settlement.run, _SETTLE_LIMIT_MS)
    supervisor.start("device", device.run, _TASK_LIMIT_MS)
    if {"update_key.json", "boot.sel"} & set(os.listdir("/")):
        from ota.task import prepare

        run = prepare(config, parts.entropy, around[0], (supervisor,) + around[1:])
        supervisor.start("updates", run, _TASK_LIMIT_MS)
    return supervisor


def _assemble(config, parts, texts):
    from journal.settlement import Settlement
    from journal.store import Journal
    from ledger_client.api import Ledger
    from ledger_client.backoff import Backoff
    from ledger_client.http import HttpClient
    from system.files import Files

    gc.collect()
    journal = Journal(Files(STATE_FOLDER), parts.entropy)
    http = HttpClient(config.address, config.api_token, config.request_timeout_ms, parts.open_stream)
    if parts.rtc is not None:
        from system.clock import LedgerClock

        http.on_date = LedgerClock(parts.rtc).hear
    ledger = Ledger(http, Backoff(parts.entropy))
    module = getattr(__import__("devices." + config.device), config.device)
    device, tasks = module.prepare(parts, config, texts, ledger, journal)
    settlement = Settlement(journal, ledger, Backoff(parts.entropy, longest_ms=30000), device.on_settled)
    device.settlement = settlement
    log("app", f"{config.device} starts, its keys are {journal.prefix}-*")
    parts.presence.on_token = device.on_token
    if config.selftest:
        from system.selftest import SelfTest

        tasks += (("selftest", SelfTest(parts, ledger, Files(STATE_FOLDER)).run, _TASK_LIMIT_MS),)
    return device, tasks, settlement, (http, parts.presence, ledger, journal, device)
