"""Brings open records to an end in the background: coins are credited, lost debits are given back."""

import asyncio

from micropython import const

from journal import records
from ledger_client.answers import Accepted, Refused, Unknown
from system import compat
from system.log import log

_LOOK_MS = const(5000)
# What a round came to.
_ALL_SETTLED = const(0)
_SOME_REFUSED = const(1)
_NO_LEDGER = const(2)


class Settlement:
    """Settles the journal's open records, per token in their order, with the keys they began with.

    A coin or a top-up is sent again as it was; a debit whose fate is not known is given back. Nothing is
    dropped: what the ledger refuses stays open and is tried again, because people can mend a pairing or a
    permission. `on_settled(record, balance_cents)` is told of each record that the ledger accepted.
    """

    def __init__(self, journal, ledger, backoff, on_settled):
        self._journal = journal
        self._ledger = ledger
        self._backoff = backoff
        self._on_settled = on_settled
        self._wake = asyncio.Event()

    def wake(self):
        """Look at the journal now: something new is in it."""
        self._wake.set()

    async def run(self, beat):
        """Settle for ever, with growing pauses while the ledger cannot be reached or refuses."""
        while True:
            beat()
            self._wake.clear()
            came_to = await self.settle()
            if came_to == _ALL_SETTLED:
                self._backoff.reset()
                await compat.flagged_within(self._wake, _LOOK_MS)
            elif came_to == _SOME_REFUSED:
                await compat.flagged_within(self._wake, self._backoff.next_ms())
            else:
                # New work does not shorten this pause, or each coin would be another try in vain.
                await compat.sleep_ms(self._backoff.next_ms())

    async def settle(self):
        """Try each open record once that the foreground does not hold; stop where the ledger is silent."""
        self._journal.mend()
        self._end_what_needs_no_ledger()
        refused_tokens = set()
        for record in self._journal.open_records:
            if record.is_held or record.token in refused_tokens or not record.is_open():
                continue
            if record.state == records.DUE:
                from journal import dues

                answer, left = await dues.settle(self._journal, self._ledger, self._on_settled)
                if left or not isinstance(answer, Accepted):
                    return _NO_LEDGER
                continue
            answer = await self._settle_one(record)
            if isinstance(answer, Unknown):
                return _NO_LEDGER
            if not isinstance(answer, Accepted):
                log("settlement", f"{record.key} refused: {answer.code}")
                refused_tokens.add(record.token)
        return _SOME_REFUSED if refused_tokens else _ALL_SETTLED

    def _end_what_needs_no_ledger(self):
        for record in self._journal.open_records:
            if record.is_held:
                continue
            if record.state == records.APPROVED:
                # The machine was let go and its outcome is not known: it counts as delivered, as on the
                # vending bus (MDB/ICP 7.4.7), and a person may look at it.
                self._journal.mark(record, records.VENDED, "power failed during delivery")
            elif record.state == records.OWED:
                # As above, but for the ledger, which has not heard of it yet.
                self._journal.mark(record, records.DUE, "power failed during delivery")
            elif record.kind == records.COUNTING:
                # How many pulses were still to come nobody knows, so nothing is booked.
                self._journal.mark(record, records.NOTED, "cut off while a coin was counted")
            elif record.kind == records.UNKNOWN_COIN:
                self._journal.mark(record, records.NOTED, record.text)

    async def _settle_one(self, record):
        is_undone = record.kind in records.UNDONE
        answer = await (self._ledger.give_back(record) if is_undone else self._ledger.post(record))
        if isinstance(answer, Refused) and answer.code == "reversal_not_permitted":
            answer = await self._ledger.take_back(record)
        if isinstance(answer, Accepted):
            self._journal.mark(record, records.REVERSED if is_undone else records.CREDITED)
            self._on_settled(record, answer.balance_cents)
        return answer
