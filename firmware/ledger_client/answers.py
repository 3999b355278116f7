"""What can become of a question to the ledger: accepted, refused, or not known."""


class Accepted:
    """The ledger has done it. `repeated` means that it had done so before, for the same key."""

    def __init__(self, status, data):
        self.data = data
        self.repeated = status == 202

    @property
    def balance_cents(self):
        """The wallet's balance after it; None where the answer carries no wallet."""
        return self.data["balance"] if self.data else None


class Refused:
    """The ledger says no, for the reason in `code`; with too little money `balance_cents` is known."""

    # These are decided after the ledger has looked for the key, so they prove that nothing was booked.
    _AFTER_THE_KEY = (
        "permission_missing",
        "insufficient_balance",
        "idempotency_key_reused",
        "idempotency_key_voided",
    )

    def __init__(self, status, code, balance_cents=None):
        self.status = status
        self.code = code
        self.balance_cents = balance_cents

    @property
    def proves_nothing_was_booked(self):
        """Tell whether this also holds for earlier tries with the same key whose answer was lost."""
        return self.code in self._AFTER_THE_KEY


class Unknown:
    """No answer that can be believed. `was_sent` False means that the ledger never got the question."""

    def __init__(self, reason, was_sent):
        self.reason = reason
        self.was_sent = was_sent
