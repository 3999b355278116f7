"""Which sound goes with which text: good, bad, or wait; everything else is silent."""

from drivers.buzzer import BAD, GOOD, WAIT

_GOOD = ("enjoy", "enjoy_offline", "topped_up", "coin_credited", "balance", "balance_and_choose")
_WAIT = ("wait", "checking", "checking_top_up", "connecting", "coin_received", "offer", "top_up_offer")
_BAD = (
    # What a person did or has.
    "unknown_token",
    "blocked_token",
    "random_uid",
    "bad_uid",
    "too_little",
    "no_product",
    "over_limit",
    "coin_unknown",
    "several_tokens",
    # What the device or the ledger does not do.
    "no_connection",
    "refused",
    "forbidden",
    "not_delivered",
    "top_up_unknown",
    "journal_full",
    "unauthorised",
    "reader_failed",
    "coin_slot_failed",
    "coin_acceptor_silent",
    "coins_lost",
    "vend_failed",
    "not_vended",
    "machine_silent",
)


def of(name):
    """Return the pattern for a text, or None."""
    if name in _GOOD:
        return GOOD
    if name in _BAD:
        return BAD
    return WAIT if name in _WAIT else None
