"""What a worker asks the writer, and how the writer refuses to begin."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.foundation.errors import Unavailable
from ledger.storage.command import Request

# A request that has waited longer for its turn is refused by the writer and never begun: its asker
# may have been told so. Monotonic time is one for all processes of a machine.
PATIENCE_S = 5.0
# What the writer has begun may take this long, on top of that, before its asker gives it up.
WORK_S = 10.0


class WriterBusy(Unavailable):
    """The request waited too long for its turn, and nothing was booked."""

    code = "writer_busy"
    message = "The ledger is too busy right now; nothing was booked. Try again with the same key."


class WriterLost(Unavailable):
    """The writer ended while it was asked; whether it had booked is learned by asking again."""

    code = "writer_lost"
    message = "The ledger was interrupted; try again with the same key to learn whether it was booked."


@dataclass(frozen=True)
class Ask:
    """Requests of one asker, who has waited since `asked_at_s` (monotonic).

    Several are run in their order in one transaction of their own, and answered with a list.
    """

    requests: tuple[Request, ...]
    asked_at_s: float
    dry_run: bool = False
    is_batch: bool = False
