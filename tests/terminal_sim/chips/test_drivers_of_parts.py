"""The firmware's drivers of display, relay, buttons and keypad against their chips."""

import asyncio
import random

import pytest
from drivers.buttons import Buttons
from drivers.keypad import Keypad
from drivers.lcd import CharacterDisplay
from drivers.relay import Relay

from terminal_sim.chips.buttons import PushButtons
from terminal_sim.chips.contacts import ContactBounce
from terminal_sim.chips.keypad import LAYOUT_4X4, KeypadMatrix
from terminal_sim.chips.relay import CoffeeBrewer, RelayContact
from tests.terminal_sim.chips.microcontroller import FALLING, OpenDrainPin, Pin

RELAY_PIN = 16
BUTTON_PINS = (12, 13)
ROW_PINS, COLUMN_PINS = (25, 26, 27, 32), (33, 34, 35, 36)
BOUNCE_US = (300, 900, 2_000, 4_500)


def no_beat():
    """Feed no watchdog."""


def test_the_display_shows_what_the_driver_was_given(desk):
    assert desk.run(desk.display.show(["Espresso 0.25 EUR", "hold your token", "", "Käse süß, größer"]))
    assert desk.lcd.lines() == [
        "Espresso 0.25 EUR   ",
        "hold your token     ",
        " " * 20,
        "Käse süß, größer    ",
    ]
    assert desk.lcd.backlight
    assert desk.lcd.lost_while_busy == 0


def test_shorter_texts_leave_nothing_of_longer_ones(desk):
    desk.run(desk.display.show(["a" * 30, "b" * 30, "c" * 30, "d" * 30]))
    assert desk.lcd.lines() == ["a" * 20, "b" * 20, "c" * 20, "d" * 20]
    desk.run(desk.display.show(["", "x"]))
    assert desk.lcd.lines() == [" " * 20, "x".ljust(20), " " * 20, " " * 20]


def test_a_restarted_driver_finds_the_display_in_any_state(desk):
    desk.run(desk.display.show(["before"]))
    desk.lcd.write(b"\x4d\x49")
    desk.display = CharacterDisplay(desk.bus)
    desk.run(desk.display.show(["after"]))
    assert desk.lcd.lines()[0] == "after".ljust(20)


def test_an_unplugged_display_stops_nothing_and_shows_again_when_plugged_in(desk, capsys):
    desk.run(desk.display.show(["before"]))
    desk.lcd.connected = False
    assert desk.run(desk.display.show(["unseen"])) is False
    desk.lcd.power_cycle()
    desk.lcd.connected = True
    assert desk.run(desk.display.show(["after"]))
    assert desk.lcd.lines()[0] == "after".ljust(20)
    assert "no answer" in capsys.readouterr().out


@pytest.mark.parametrize("seed", range(10))
def test_what_noise_has_spoilt_on_the_display_is_mended_within_a_minute(desk, seed):
    desk.run(desk.display.show(["Espresso"]))
    noise = random.Random(seed)
    for _ in range(5):
        desk.lcd.write(noise.randbytes(noise.randint(1, 40)))
    for _ in range(61):
        desk.run(asyncio.sleep(1))
        assert desk.run(desk.display.show(["Espresso"]))
    assert desk.lcd.lines() == ["Espresso".ljust(20)] + [" " * 20] * 3
    assert desk.lcd.backlight


def test_a_relay_pulse_is_one_closure_of_its_length_and_one_cup(desk):
    brewer = CoffeeBrewer(desk.timeline)
    contact = RelayContact(desk.wires, RELAY_PIN, desk.timeline, on_open=brewer.enable)
    desk.run(Relay(Pin(desk.wires, RELAY_PIN)).pulse(500))
    assert [closure.duration_us // 1000 for closure in contact.closures] == [500]
    assert brewer.cups == 1


def test_a_cancelled_pulse_leaves_the_relay_open(desk):
    contact = RelayContact(desk.wires, RELAY_PIN, desk.timeline)
    relay = Relay(Pin(desk.wires, RELAY_PIN))

    async def cancel_early():
        pulse = asyncio.ensure_future(relay.pulse(500))
        await asyncio.sleep(0.1)
        pulse.cancel()
        await asyncio.sleep(0.1)

    desk.run(cancel_early())
    assert not contact.closed
    assert contact.count == 1


async def press_in_turn(press, release, durations_ms):
    """Press and release, so long each time, with a pause before and behind."""
    for duration_ms in durations_ms:
        await asyncio.sleep(0.2)
        press()
        await asyncio.sleep(duration_ms / 1000)
        release()
    await asyncio.sleep(0.2)


def reported_presses(desk, buttons, durations_ms):
    """Return what the buttons' driver reports while button 1 is pressed for those durations."""
    presses = []
    driver = Buttons([Pin(desk.wires, pin) for pin in BUTTON_PINS], FALLING)
    desk.run_beside(
        driver.run(presses.append, no_beat),
        press_in_turn(lambda: buttons.press(1), lambda: buttons.release(1), durations_ms),
    )
    return presses


def test_a_bouncing_press_is_one_press(desk):
    bounce = ContactBounce(desk.timeline, BOUNCE_US)
    assert reported_presses(desk, PushButtons(desk.wires, BUTTON_PINS, bounce=bounce), [120, 3_000]) == [1, 1]


def test_a_spark_is_no_press(desk):
    assert reported_presses(desk, PushButtons(desk.wires, BUTTON_PINS), [2]) == []


def typed(desk, story, bounce=None):
    """Return the keys that the keypad's driver reports during `story(keypad)`."""
    keypad = KeypadMatrix(desk.wires, ROW_PINS, COLUMN_PINS, bounce=bounce)
    rows = [OpenDrainPin(desk.wires, pin) for pin in ROW_PINS]
    columns = [Pin(desk.wires, pin) for pin in COLUMN_PINS]
    keys = []
    desk.run_beside(Keypad(rows, columns, FALLING).run(keys.append, no_beat), story(keypad))
    return "".join(keys)


@pytest.mark.parametrize("bounce_us", [(), BOUNCE_US])
def test_each_key_is_typed_once_a_press(desk, bounce_us):
    async def all_keys(keypad):
        for key in "".join(LAYOUT_4X4):
            await press_in_turn(lambda: keypad.press(key), lambda: keypad.release(key), [80])  # noqa: B023

    bounce = ContactBounce(desk.timeline, bounce_us)
    assert typed(desk, all_keys, bounce) == "123A456B789C*0#D"


def test_a_key_pressed_while_another_is_held_is_typed_too(desk):
    async def roll_over(keypad):
        keypad.press("5")
        await asyncio.sleep(0.1)
        keypad.press("6")
        await asyncio.sleep(0.1)
        keypad.release("5")
        await asyncio.sleep(0.1)
        keypad.release("6")
        await asyncio.sleep(0.1)

    assert typed(desk, roll_over) == "56"


def test_pressed_keys_are_typed_and_their_ghost_is_not(desk):
    async def three_corners(keypad):
        for key in "134":
            keypad.press(key)
            await asyncio.sleep(0.1)
        for key in "134":
            keypad.release(key)
            await asyncio.sleep(0.1)

    assert typed(desk, three_corners) == "134", "6 looked pressed meanwhile"
