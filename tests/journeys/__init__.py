"""People's stories: real firmware in the real VM, a real ledger under gunicorn."""
