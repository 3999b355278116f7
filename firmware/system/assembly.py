"""Puts the device together from its configuration; forgotten when it runs."""

import gc
import sys

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


async def start():
    """Build everything, start its tasks, and return who watches over them; raises ConfigError."""
    from system.config import load

    config = load(CONFIG_PATH)
    parts = load_board(config.board).build(config)
    _forget("system.config", "drivers.displays", "boards.readers", "boards.parts", "boards." + config.board)
    gc.collect()
    from system.health import Supervisor
    from system.texts import Texts

    texts = Texts(config.language, parts.display.columns, config.device)
    _forget("system.texts_" + config.language)
    await parts.display.show(texts.lines("starting"))
    tasks = _tasks(config, parts, texts)
    gc.collect()
    supervisor = Supervisor(parts.watchdog())
    for name, start, limit_ms in tasks + parts.tasks:
        supervisor.start(name, start, limit_ms)
    return supervisor


def _forget(*names):
    # Only the start needs these modules; where they are not frozen they would hold memory for good.
    for name in names:
        package, _, module = name.partition(".")
        if sys.modules.pop(name, None) is not None:
            delattr(sys.modules[package], module)


def _tasks(config, parts, texts):
    from journal.token import kept_token
    from system.files import Files

    files = Files(STATE_FOLDER)
    config.api_token = config.api_token or kept_token(files)
    _forget("journal.token")
    if not config.api_token:
        from devices import pairing

        return pairing.prepare(parts, texts, _http(config, parts), files)
    device, tasks, settlement = _assemble(config, parts, texts)
    if parts.buzzer:
        tasks += (("buzzer", parts.buzzer.run, _TASK_LIMIT_MS),)
    return tasks + (
        ("reader", parts.presence.run, _TASK_LIMIT_MS),
        ("catalogue", device.keep_catalogue, _TASK_LIMIT_MS),
        ("settlement", settlement.run, _SETTLE_LIMIT_MS),
        ("device", device.run, _TASK_LIMIT_MS),
    )


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
    journal = Journal(Files(STATE_FOLDER), parts.entropy)
    ledger = Ledger(_http(config, parts), Backoff(parts.entropy))
    module = getattr(__import__("devices." + config.device), config.device)
    device, tasks = module.prepare(parts, config, texts, ledger, journal)
    settlement = Settlement(journal, ledger, Backoff(parts.entropy, longest_ms=30000), device.on_settled)
    device.settlement = settlement
    log("app", f"{config.device} starts, its keys are {journal.prefix}-*")
    parts.presence.on_token = device.on_token
    if config.selftest:
        from system.selftest import SelfTest

        tasks += (("selftest", SelfTest(parts, ledger, Files(STATE_FOLDER)).run, _TASK_LIMIT_MS),)
    return device, tasks, settlement
