"""The chips against their specifications, and the firmware's drivers against the chips."""
