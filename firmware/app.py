"""Puts the device together from its configuration and keeps it running."""

import gc
import os

from system import compat
from system.log import log

CONFIG_PATH = "/config.json"
STATE_FOLDER = "/state"
_SETTLE_LIMIT_MS = 120000
_TASK_LIMIT_MS = 90000
# Three blocks of littlefs' cache: a line that grows a file within them costs four programs at most.
_SHORT_BYTES = 384


def load_board(name):
    """Import the module of a board; ConfigError when there is none of that name."""
    try:
        board = getattr(__import__("boards." + name), name, None)
    except ImportError as error:
        # Only the board itself may be missing; a part of it that is missing is another failure.
        from system.config import ConfigError

        if "boards." + name.split(".")[0] in str(error):
            raise ConfigError("board: not known")
        if "'rp2'" in str(error):
            raise ConfigError("board: for another chip")
        raise
    if not hasattr(board, "build"):
        # A part of several boards, as esp32 is.
        from system.config import ConfigError

        raise ConfigError("board: not known")
    return board


async def run():
    """Build everything and serve for ever; raises ConfigError before anything has started."""
    supervisor = await _start()
    # Nobody starts twice, and memory is short.
    names = "load_board _build _start _pairing_tasks _device_tasks _http _assemble _short_limit"
    for name in names.split():
        del globals()[name]
    gc.collect()
    await supervisor.watch()


def _build():
    from system import provisioning
    from system.config import load

    provisioning.restore()
    config = load(CONFIG_PATH)
    parts = load_board(config.board).build(config)
    provisioning.keep()
    return config, parts


async def _start():
    config, parts = _build()
    # Only the start needs these modules; where they are not frozen they would hold memory for good.
    compat.forget("system.config", "system.provisioning", "drivers.displays")
    compat.forget("boards.readers", "boards.parts", "boards.common", "boards.esp32", "boards.rp2040")
    compat.forget("boards." + config.board)
    gc.collect()
    from system.health import Supervisor
    from system.texts import Texts

    texts = Texts(config.language, parts.display.columns, config.device)
    compat.forget("system.texts_" + config.language)
    await parts.display.show(texts.lines("starting"))
    from journal.token import kept_token
    from system.files import Files

    config.api_token = config.api_token or kept_token(Files(STATE_FOLDER))
    compat.forget("journal.token")
    tasks, around = (_device_tasks if config.api_token else _pairing_tasks)(config, parts, texts)
    gc.collect()
    supervisor = Supervisor(parts.watchdog())
    # A board's own function would hold the whole board.
    parts.watchdog = None
    for name, begin, limit_ms in tasks + parts.tasks:
        supervisor.start(name, begin, limit_ms)
    if around:
        watched = (parts.presence, parts.display, parts.buttons, parts.keypad, parts.coins, around[-1])
        supervisor.buses = [each.health for each in watched if each and each.health]
    if around and {"update_key.json", "boot.sel"} & set(os.listdir("/")):
        from ota.task import prepare

        run = prepare(config, parts.entropy, around[0], (supervisor,) + around[1:])
        supervisor.start("updates", run, _TASK_LIMIT_MS)
    return supervisor


def _pairing_tasks(config, parts, texts):
    from devices import pairing
    from system.files import Files

    return pairing.prepare(parts, texts, _http(config, parts), Files(STATE_FOLDER), config.ledger_url), None


def _device_tasks(config, parts, texts):
    device, tasks, settlement, around = _assemble(config, parts, texts)
    compat.forget("journal.identity", "journal.replay")
    if parts.buzzer:
        tasks += (("buzzer", parts.buzzer.run, _TASK_LIMIT_MS),)
    tasks += (
        ("reader", parts.presence.run, _TASK_LIMIT_MS),
        ("catalogue", device.keep_catalogue, _TASK_LIMIT_MS),
        ("settlement", settlement.run, _SETTLE_LIMIT_MS),
        ("device", device.run, _TASK_LIMIT_MS),
    )
    return tasks, around


def _short_limit():
    # A version before 0.2.0 does not know the short file; it comes back when this one is on trial and fails.
    if "boot.sel" not in os.listdir("/"):
        return _SHORT_BYTES
    import slots

    is_trial = slots.is_on_trial(slots.read(slots.Flash())[1])
    slots.forget()
    return 0 if is_trial else _SHORT_BYTES


def _http(config, parts):
    from ledger_client.http import HttpClient

    http = HttpClient(config.address, config.api_token, config.request_timeout_ms, parts.open_stream)
    if parts.rtc is not None:
        from system.clock import LedgerClock

        http.on_date = LedgerClock(parts.rtc).hear
    return http


def _assemble(config, parts, texts):
    from journal.settlement import Settlement
    from journal.store import Journal
    from ledger_client.api import Ledger
    from ledger_client.backoff import Backoff
    from system.files import Files

    gc.collect()
    journal = Journal(Files(STATE_FOLDER), parts.entropy, short_limit=_short_limit())
    http = _http(config, parts)
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
