"""Daily closing: what came into wallets and left them on one business day, and where."""
