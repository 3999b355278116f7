"""Real readers: pcscd with a virtual card, nfcpy with a tag on UDP, and a keyboard that types."""
