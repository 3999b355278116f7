"""Money of a wallet set aside for a vend that may fail: reserved, then captured, released, or expired."""
