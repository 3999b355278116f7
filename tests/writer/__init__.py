"""The writer and those who ask it."""
