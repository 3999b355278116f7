"""Seals: a chain of hashes over ranges of postings, which shows when the past was rewritten."""
