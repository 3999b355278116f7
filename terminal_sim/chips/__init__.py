"""Byte- and edge-level models of the chips that the firmware's drivers speak to."""
