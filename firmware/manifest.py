"""Freeze list: builds the firmware into a MicroPython image, where it takes no RAM for its code.

`make BOARD=ESP32_GENERIC FROZEN_MANIFEST=<this file>` in the port's folder. boot.py and main.py stay files
on the flash, so that a person with a cable can always replace them.
"""

module("app.py")  # noqa: F821 - defined by the build
module("slots.py")  # noqa: F821
for name in ("boards", "cards", "devices", "drivers", "journal", "ledger_client", "ota", "system"):
    package(name)  # noqa: F821
