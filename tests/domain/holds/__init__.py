"""Promises of holds."""
