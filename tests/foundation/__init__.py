"""Promises of the foundation."""
