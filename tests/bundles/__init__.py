"""Promises of bundles."""
