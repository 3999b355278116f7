"""Promises of wallets and their tokens."""
