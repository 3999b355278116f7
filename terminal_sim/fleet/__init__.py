"""Many terminals on one ledger: a festival evening by plan, and the account of it afterwards."""
