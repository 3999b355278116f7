"""Operators, their roles, and every long-lived secret; a credential becomes an actor here."""
