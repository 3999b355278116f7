"""What every board has: a reader, a display, a clock; and a buzzer where it has a pin for one."""

import os

from machine import PWM, RTC, Pin

from boards.parts import Parts
from boards.readers import build_reader
from cards.presence import Presence
from drivers import displays


def build_common(config, bus, wires, buzzer_pin=None):
    """Return these parts as the configuration names them; `wires` are those of the reader."""
    parts = Parts(displays.find(bus, config.display), Presence(build_reader(config, bus, wires)), os.urandom)
    parts.rtc = RTC()
    if config.buzzer and buzzer_pin is not None:
        from drivers.buzzer import Buzzer

        parts.buzzer = Buzzer(PWM(Pin(buzzer_pin), freq=1000, duty_u16=0))
    return parts
