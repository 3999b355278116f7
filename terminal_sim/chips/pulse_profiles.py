"""How the usual pulse acceptors behave, as their manuals and those who measured them say."""

from __future__ import annotations

from dataclasses import replace

from terminal_sim.chips.pulse_acceptor import PulseProfile

# CH-926 and HX-916 have no inhibit input: who wants to close them switches their supply.
_FED = PulseProfile(is_fed_by_inhibit=True, burst=2, start_us=800_000)
PROFILES = {
    "pulse": PulseProfile(),
    "ch926": _FED,
    "dg600f": PulseProfile(width_us=45_000, burst=1),
    "hx916": replace(_FED, burst=1, validation_us=200_000),
}


def profile_of(
    name: str,
    *,
    pulse_width_ms: int | None = None,
    pulse_gap_ms: int | None = None,
    pulse_level: int = 0,
    inhibit_level: int = 1,
) -> PulseProfile:
    """Return an acceptor's profile, "pulse" for a strange name, with single settings changed."""
    profile = PROFILES.get(name, PROFILES["pulse"])
    profile = replace(profile, pulse_level=pulse_level, inhibit_level=inhibit_level)
    if pulse_width_ms is not None:
        profile = replace(profile, width_us=pulse_width_ms * 1000)
    if pulse_gap_ms is not None:
        profile = replace(profile, gap_us=pulse_gap_ms * 1000)
    return profile
