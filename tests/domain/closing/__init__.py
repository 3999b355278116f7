"""Promises of the daily closing."""
