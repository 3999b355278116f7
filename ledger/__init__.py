"""The ledger service: wallets, terminals and money in integer cents."""
