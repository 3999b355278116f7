"""Cuts the power of devices at random: nothing is lost, nothing is doubled, and they always start again."""
