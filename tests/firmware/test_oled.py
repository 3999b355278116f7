"""The OLED display's driver: what it sends, and what a person reads on the glass."""

import random

import pytest
from drivers import displays
from drivers.lcd import CharacterDisplay
from drivers.ssd1306 import OledDisplay

from terminal_sim.chips.character_lcd import CharacterLcd
from terminal_sim.chips.ssd1306 import Ssd1306
from tests.terminal_sim.chips.microcontroller import Bus


class Glass:
    """A chip with its driver."""

    def __init__(self, world):
        self.world = world
        self.chip = Ssd1306()
        self.bus = Bus(world.timeline, self.chip)
        self.display = OledDisplay(self.bus)

    def show(self, *lines):
        """Show lines; tells whether the display took them."""
        return self.world.run(self.display.show(list(lines)))

    @property
    def lines(self):
        """What a person reads, without the blanks at the ends."""
        return [line.rstrip() for line in self.chip.lines()]


@pytest.fixture
def glass(world):
    return Glass(world)


def test_it_shows_eight_lines_of_sixteen_letters_and_nothing_of_the_noise_before(glass):
    assert glass.show("Espresso", "0.25 EUR", "", "Hold your token", "", "", "", "0123456789abcdefgh")
    assert glass.lines == ["Espresso", "0.25 EUR", "", "Hold your token", "", "", "", "0123456789abcdef"]
    assert glass.chip.is_lit
    assert glass.chip.unknown_commands == 0


def test_german_letters_are_drawn_and_others_become_question_marks(glass):
    glass.show("äöü ÄÖÜ ß 5°", "Käse € süß ~\\")
    assert glass.lines[:2] == ["äöü ÄÖÜ ß 5°", "Käse ? süß ~\\"]


def test_the_panel_is_switched_on_only_when_its_memory_is_clean(glass):
    seen = []
    write = glass.chip.write

    def watched(data):
        write(data)
        seen.append((glass.chip.is_lit, "".join(glass.chip.picture()).count("#")))

    glass.chip.write = watched
    glass.show("")
    assert {count for is_lit, count in seen if is_lit} == {0}


def test_what_is_shown_already_is_not_sent_again(glass):
    glass.show("Balance 1.00 EUR", "same")
    before = glass.chip.data_bytes
    glass.show("Balance 1.05 EUR", "same")
    assert glass.lines[:2] == ["Balance 1.05 EUR", "same"]
    assert glass.chip.data_bytes - before == 8
    glass.show("Balance 1.05 EUR", "same")
    assert glass.chip.data_bytes - before == 8


@pytest.mark.parametrize(("before", "after"), [("abc", ""), ("", "abc"), ("abc", "abc  "), ("xbc", "abcdef")])
def test_shorter_texts_leave_nothing_of_longer_ones(glass, before, after):
    glass.show(before)
    glass.show(after)
    assert glass.lines[0] == after.rstrip()


def test_a_display_that_is_gone_stops_nobody_and_shows_again_when_it_is_back(glass, capsys):
    glass.show("before")
    glass.chip.connected = False
    assert glass.show("unseen") is False
    assert glass.show("unseen") is False
    glass.chip.power_cycle()
    glass.chip.connected = True
    assert glass.show("after")
    assert glass.lines[0] == "after"
    assert capsys.readouterr().out.count("no answer") == 1


def test_a_display_that_lost_its_power_for_a_moment_is_started_again(glass):
    glass.show("before", "same")
    glass.chip.power_cycle()
    assert glass.show("after", "same")
    assert glass.lines[:2] == ["after", "same"]


@pytest.mark.parametrize("address", [0x3C, 0x3D])
def test_the_display_that_answers_is_the_one_that_is_used(world, address):
    chip = Ssd1306(address)
    display = displays.find(Bus(world.timeline, chip))
    assert world.run(display.show(["found"]))
    assert chip.lines()[0].rstrip() == "found"
    assert isinstance(displays.find(Bus(world.timeline, CharacterLcd())), CharacterDisplay)
    assert isinstance(displays.find(Bus(world.timeline)), CharacterDisplay)


def test_a_configured_display_needs_no_answer_yet(world):
    assert isinstance(displays.find(Bus(world.timeline), "oled"), OledDisplay)
    assert isinstance(displays.find(Bus(world.timeline, Ssd1306()), "lcd"), CharacterDisplay)


@pytest.mark.parametrize("seed", range(20))
def test_what_noise_has_spoilt_on_the_glass_is_mended_within_a_minute(glass, seed):
    glass.show("Espresso", "0.25 EUR")
    noise = random.Random(seed)
    for _ in range(20):
        glass.chip.write(bytes([noise.choice((0x00, 0x40))]) + noise.randbytes(noise.randint(1, 40)))
    for _ in range(61):
        glass.world.pass_ms(1000)
        assert glass.show("Espresso", "0.25 EUR")
    assert glass.lines[:2] == ["Espresso", "0.25 EUR"]
    assert glass.lines[2:] == [""] * 6


def test_the_glass_is_written_anew_each_minute_and_stays_lit_meanwhile(glass):
    glass.show("Espresso")
    before, lit = glass.chip.data_bytes, []
    write = glass.chip.write
    glass.chip.write = lambda data: (write(data), lit.append(glass.chip.is_lit))
    for _ in range(130):
        glass.world.pass_ms(1000)
        glass.show("Espresso")
    assert glass.chip.data_bytes - before == 2 * 1024
    assert all(lit)
