"""Promises of the audit."""
