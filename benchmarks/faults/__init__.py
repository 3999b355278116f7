"""What may go wrong, done on purpose to a real server; then the books against what every client was told."""
