"""The terminal API under /pos, as terminal.txt publishes it."""
