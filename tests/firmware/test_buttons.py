"""The product buttons' driver under noise: it types nothing, keeps its heartbeat, and says so."""

import pytest
from drivers.buttons import Buttons

from terminal_sim.chips.buttons import PushButtons
from tests.terminal_sim.chips.microcontroller import FALLING, Pin

PINS = (12, 13, 14, 15)


class Row:
    """Four buttons with their driver, what they have told, and when its heart beat."""

    def __init__(self, world):
        self.world = world
        self.buttons = PushButtons(world.wires, PINS)
        self.told, self.beats = [], []
        driver = world.call(Buttons, [Pin(world.wires, pin) for pin in PINS], FALLING)
        self.health = driver.health
        world.start(driver.run(self.told.append, lambda: self.beats.append(world.now_ms)))
        world.pass_ms(50)

    def hum(self, period_us, seconds):
        """Let mains hum reach a wire that is too long."""
        for half in range(seconds * 1_000_000 // period_us * 2):
            at_us = self.world.timeline.now_us() + half * period_us // 2
            level = None if half % 2 else 0
            self.world.timeline.at(at_us, lambda level=level: self.world.wires.drive(PINS[1], level))


@pytest.fixture
def row(world):
    return Row(world)


@pytest.mark.parametrize("period_us", [20_000, 16_667, 3_000])
def test_a_minute_of_hum_presses_nothing_for_long_and_never_stops_the_heart(world, row, period_us, capsys):
    row.hum(period_us, 60)
    world.pass_ms(60_000)
    pauses_ms = [later - earlier for earlier, later in zip(row.beats, row.beats[1:], strict=False)]
    assert max(pauses_ms) <= 1_100
    assert len(row.told) <= 30
    assert "health: buttons: noise on its wires" in capsys.readouterr().out
    before = len(row.told)
    world.pass_ms(3_000)
    assert "health: buttons recovered after " in capsys.readouterr().out
    row.buttons.press(2)
    world.pass_ms(200)
    row.buttons.release(2)
    world.pass_ms(200)
    assert row.told[before:] == [2]


def test_presses_without_a_pause_are_no_noise(world, row):
    for _ in range(40):
        row.buttons.press(0)
        world.pass_ms(100)
        row.buttons.release(0)
        world.pass_ms(100)
    assert len(row.told) == 40
    assert not row.health.is_failing
