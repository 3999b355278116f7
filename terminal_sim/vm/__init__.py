"""The MicroPython VM that runs the firmware, and what surrounds it: shims, clock and flash."""
