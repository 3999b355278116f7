"""Makes what tests start from: ledgers, terminals, wallets, money."""
