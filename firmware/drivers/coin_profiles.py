"""How the usual coin acceptors are set, as far as it differs from the settings' own defaults."""

CURRENCIES = ("EUR", "GBP", "CHF")

# The names of a profile are those of config.json; what stands there wins over the profile.
PROFILES = {
    # It counts by itself, on a serial line, and tells its coins' ids.
    "cctalk": {},
    # Any acceptor with an inhibit input that closes when it is high or open, and active-low pulses.
    "pulse": {},
    # Switches: medium (50 ms; "fast" has 20 ms, which is noise), N.O. It has no inhibit input: the inhibit
    # line switches its 12 V.
    "ch926": {"pulse_width_ms": 50, "pulse_gap_ms": 100, "inhibit_cuts_supply": 1, "power_up_ms": 2000},
    # Parameter A2: 45 ms; SW4 on: closed while its inhibit port is high or open (manual 4.2.2, 4.3).
    "dg600f": {"pulse_width_ms": 45, "pulse_gap_ms": 100},
    # Of the family of the CH-926: medium (50 ms), N.O., no inhibit input.
    "hx916": {"pulse_width_ms": 50, "pulse_gap_ms": 100, "inhibit_cuts_supply": 1, "power_up_ms": 2000},
}
