"""Promises of the books."""
