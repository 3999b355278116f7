"""What the HTTP doors share, and real servers and browsers."""
