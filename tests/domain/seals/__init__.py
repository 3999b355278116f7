"""Promises of the seals."""
