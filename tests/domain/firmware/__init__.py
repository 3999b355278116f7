"""Promises of firmware."""
