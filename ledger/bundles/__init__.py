"""Bundles of firmware: compiled, signed, and copied to a device by cable."""
