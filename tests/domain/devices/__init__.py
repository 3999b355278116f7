"""Promises of terminals."""
