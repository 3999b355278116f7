"""Promises of the storage: the runner, the database, the migrations."""
