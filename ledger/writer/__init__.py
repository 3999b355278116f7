"""The one process of a server that books: many requests, one wait for the disk."""
