"""What the device does when it cannot run: outputs safe, the reason on display and console, no boot loop."""

import gc

from system import compat
from system.config import ConfigError, default_board
from system.health import print_exception
from system.log import log
from system.texts import wrap

_RESTART_AFTER_MS = 60000


async def stay(error):
    """Say why nothing works, in English, as the language may be what is wrong.

    A wrong configuration stays until a person mends it. Any other failure is tried again by a restart after
    a minute: slow enough for a person to read and to reach the console.
    """
    log("main", f"cannot run: {error!r}")
    print_exception(error)
    gc.collect()
    is_configuration = isinstance(error, ConfigError)
    title = "Configuration:" if is_configuration else "Out of order:"
    reason = str(error) or type(error).__name__
    waited_ms = 0
    while is_configuration or waited_ms < _RESTART_AFTER_MS:
        await _show(title, reason)
        await compat.sleep_ms(5000)
        waited_ms += 5000
    import machine

    machine.reset()


async def _show(title, reason):
    # The board of the platform is used, as the configured one may not be known.
    try:
        board = getattr(__import__("boards." + default_board()), default_board())
        board.make_safe()
        display = board.build_display()
        await display.show([title] + wrap(reason, display.columns))
    except Exception as error:
        log("main", f"no display: {error!r}")
