"""The database, the one way to run a command, the outbox, the migrations."""
