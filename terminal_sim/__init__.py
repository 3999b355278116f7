"""The simulator: Tapledger's real firmware on a laptop, speaking HTTP to a ledger."""
