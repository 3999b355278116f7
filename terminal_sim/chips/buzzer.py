"""A passive buzzer as an ear hears it: which tones, when, and for how long."""

from __future__ import annotations

from dataclasses import dataclass

from terminal_sim.chips.bus import Timeline


@dataclass(frozen=True)
class Tone:
    """One tone that was heard; `duration_us` is None while it sounds."""

    hertz: int
    start_us: int
    duration_us: int | None = None


class PassiveBuzzer:
    """A disc without electronics of its own: it sounds with the frequency of the PWM on its pin."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self.tones: list[Tone] = []

    @property
    def is_sounding(self) -> bool:
        """Whether a tone is heard now."""
        return bool(self.tones) and self.tones[-1].duration_us is None

    def drive(self, hertz: int, duty_u16: int) -> None:
        """Take what the PWM puts on the pin from now on; it is silent without a change of level."""
        is_heard = hertz > 0 and 0 < duty_u16 < 0xFFFF
        if self.is_sounding:
            if is_heard and self.tones[-1].hertz == hertz:
                return
            tone = self.tones[-1]
            self.tones[-1] = Tone(tone.hertz, tone.start_us, self._timeline.now_us() - tone.start_us)
        if is_heard:
            self.tones.append(Tone(hertz, self._timeline.now_us()))
