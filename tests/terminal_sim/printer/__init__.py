"""The virtual printer, printed to as point-of-sale programs do."""
