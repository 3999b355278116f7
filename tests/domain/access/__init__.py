"""Promises of operators, roles and credentials."""
