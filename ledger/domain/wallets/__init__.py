"""Wallets and their tokens: pairing, buying, topping up, giving back."""
