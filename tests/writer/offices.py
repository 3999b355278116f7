"""A writer at work in this process, and what it is asked for."""

from __future__ import annotations

import threading
from contextlib import contextmanager

from ledger.writer.process import Writer
from tests.factories.ledgers import another_process_of
from tests.factories.wallets import TOKEN

OTHER = "04FFFFFF"


def taking(cents, token_id=TOKEN):
    return {"token_id": token_id, "amount_cents": cents, "description": "Coffee"}


@contextmanager
def at_work(ledger, listener):
    office = another_process_of(ledger)
    writer = Writer(office.runner, listener)
    thread = threading.Thread(target=writer.serve)
    thread.start()
    yield writer
    writer.stop()
    thread.join()
    office.database.close()
