"""Double entry, append only: the only feature that moves money."""
