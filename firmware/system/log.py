"""Lines for the console: what happened, where, and how long after the start."""

from system import compat


def log(area, text):
    """Print one line. Tokens of the ledger's API never come here; token UIDs are no secrets and may."""
    print(f"{compat.ticks_ms():8} {area}: {text}")
