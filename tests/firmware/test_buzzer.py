"""The buzzer: patterns that are heard as they are written, and a device that never waits for them."""

import pytest
from devices import sounds
from drivers.buzzer import BAD, GOOD, WAIT, Buzzer
from system.texts_en import TEXTS
from system.texts_vending_en import TEXTS as VENDING

from terminal_sim.chips.buzzer import PassiveBuzzer
from tests.firmware.coffee import TOKEN, buy
from tests.firmware.world import no_beat


class Pwm:
    """`machine.PWM` with a buzzer on its pin."""

    def __init__(self, part):
        self._part = part
        self._hertz, self._duty = 1000, 0

    def freq(self, hertz):
        """Change the frequency."""
        self._hertz = hertz
        self._part.drive(self._hertz, self._duty)

    def duty_u16(self, duty):
        """Change the duty."""
        self._duty = duty
        self._part.drive(self._hertz, self._duty)


@pytest.fixture
def part(world):
    return PassiveBuzzer(world.timeline)


@pytest.fixture
def buzzer(world, part):
    made = world.call(Buzzer, Pwm(part))
    world.start(made.run(no_beat))
    return made


def heard(part):
    return [(tone.hertz, tone.duration_us // 1000) for tone in part.tones]


@pytest.mark.parametrize("pattern", [GOOD, BAD, WAIT])
def test_a_pattern_sounds_as_it_is_written_and_ends_in_silence(world, buzzer, part, pattern):
    world.call(buzzer.play, pattern)
    world.pass_ms(1500)
    assert heard(part) == [(hertz, duration_ms) for hertz, duration_ms in pattern if hertz]
    assert not part.is_sounding


def test_good_bad_and_wait_differ_in_number_or_length_of_their_tones():
    rhythms = {tuple(duration_ms for hertz, duration_ms in pattern if hertz) for pattern in (GOOD, BAD, WAIT)}
    assert len(rhythms) == 3


def test_a_newer_pattern_takes_the_place_of_the_one_that_sounds(world, buzzer, part):
    world.call(buzzer.play, BAD)
    world.pass_ms(100)
    world.call(buzzer.play, WAIT)
    world.pass_ms(1500)
    assert heard(part) == [(BAD[0][0], 100), (WAIT[0][0], WAIT[0][1])]


def test_a_device_that_ends_in_the_middle_of_a_tone_leaves_silence(world, buzzer, part):
    world.call(buzzer.play, BAD)
    world.pass_ms(100)
    world.stop()
    assert not part.is_sounding


def test_a_purchase_sounds_wait_then_good(coffee_stand):
    buy(coffee_stand)
    coffee_stand.wait_for("Enjoy")
    assert coffee_stand.sounds == [WAIT, GOOD]


def test_a_refusal_sounds_bad(coffee_stand, coffee_road):
    coffee_road.ledger.balances[TOKEN] = 10
    buy(coffee_stand)
    coffee_stand.wait_for("Not enough money")
    assert coffee_stand.sounds == [WAIT, BAD]


def test_what_stays_on_the_display_sounds_once(coffee_stand):
    coffee_stand.presence.is_working = False
    coffee_stand.wait_for("card reader does not answer")
    coffee_stand.world.pass_ms(20000)
    assert coffee_stand.sounds == [BAD]


def test_each_text_with_a_sound_is_a_text_of_the_device():
    assert {*sounds._GOOD, *sounds._BAD, *sounds._WAIT} <= {*TEXTS, *VENDING}
