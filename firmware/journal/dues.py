"""Settles what was sold without a connection: by batch, in order, under the keys of the sales."""

import json

from journal import records
from ledger_client.answers import Accepted
from ledger_client.api import posting_body
from system.log import log

_AT_ONCE = 8
# 408, 409, 429 and everything from 500 on ask for another try; every other status is the ledger's last word.
_TRY_AGAIN = (408, 409, 429)


async def settle(journal, ledger, on_settled):
    """Send the first of what is owed; return the answer, and how many of them are still open.

    What the ledger refuses for good ends as refused and remarkable: the goods are out, and a person has to
    know of it.
    """
    owed = [each for each in journal.open_records if each.state in records.OWED_STATES and not each.is_held]
    owed = owed[:_AT_ONCE]
    answer = await ledger.batch(_batch(owed))
    if not isinstance(answer, Accepted):
        return answer, len(owed)
    by_key = {result.get("idempotency_key"): result for result in answer.data["results"]}
    left = [record for record in owed if not _end(journal, record, by_key.get(record.key), on_settled)]
    return answer, len(left)


def _batch(owed):
    entries = []
    for record in owed:
        # The same bytes as alone, with the token in front.
        entries.append(f'{{"token_id":{json.dumps(record.token)},'.encode() + posting_body(record)[1:])
    return b'{"transactions":[' + b",".join(entries) + b"]}"


def _end(journal, record, result, on_settled):
    status = result.get("status") if result else None
    if status in (201, 202):
        journal.mark(record, records.VENDED, record.note)
        wallet = result.get("wallet")
        on_settled(record, wallet.get("balance") if isinstance(wallet, dict) else None)
        return True
    if not isinstance(status, int) or status >= 500 or status in _TRY_AGAIN:
        return False
    note = f"sold offline, refused: {result.get('code')}"
    log("settlement", f"{record.key} {note}: {record.cents} cents of {record.token} are not paid")
    journal.mark(record, records.REFUSED, note)
    return True
