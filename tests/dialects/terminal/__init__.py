"""The terminal API against its published document."""
