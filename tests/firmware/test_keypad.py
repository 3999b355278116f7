"""The key matrix's driver against the matrix itself."""

import pytest
from drivers.keypad import Keypad

from terminal_sim.chips.keypad import KeypadMatrix
from tests.firmware.world import no_beat
from tests.terminal_sim.chips.microcontroller import FALLING, Pin

ROWS, COLUMNS = (25, 26, 27, 32), (33, 34, 35, 36)


@pytest.fixture
def told(world):
    return []


@pytest.fixture
def keys(world, told):
    matrix = KeypadMatrix(world.wires, ROWS, COLUMNS)
    rows = [Pin(world.wires, number) for number in ROWS]
    columns = [Pin(world.wires, number) for number in COLUMNS]
    keypad = world.call(Keypad, rows, columns, FALLING)
    world.start(keypad.run(told.append, no_beat))
    world.pass_ms(50)
    return matrix


def touch(world, keys, key, hold_ms=80):
    keys.press(key)
    world.pass_ms(hold_ms)
    keys.release(key)
    world.pass_ms(60)


@pytest.mark.parametrize("key", "123A456B789C*0#D")
def test_each_key_is_told_once(world, keys, told, key):
    touch(world, keys, key)
    assert told == [key]


def test_a_key_that_is_held_is_told_once(world, keys, told):
    touch(world, keys, "5", hold_ms=5000)
    assert told == ["5"]


def test_keys_one_after_the_other_come_in_order(world, keys, told):
    for key in "5500#":
        touch(world, keys, key)
    assert "".join(told) == "5500#"


def test_the_next_key_may_go_down_before_the_last_is_up(world, keys, told):
    keys.press("1")
    world.pass_ms(60)
    keys.press("2")
    world.pass_ms(60)
    keys.release("1")
    world.pass_ms(60)
    keys.release("2")
    world.pass_ms(60)
    assert told == ["1", "2"]


def test_three_keys_at_once_make_no_ghost(world, keys, told):
    for key in "124":
        keys.press(key)
    world.pass_ms(200)
    assert "5" not in told
    for key in "124":
        keys.release(key)
    world.pass_ms(100)
    touch(world, keys, "9")
    assert told[-1] == "9"
    assert "5" not in told


def test_a_touch_shorter_than_two_looks_is_no_key(world, keys, told):
    keys.press("7")
    world.pass_ms(4)
    keys.release("7")
    world.pass_ms(100)
    assert told == []


def test_a_minute_of_noise_types_nothing_that_stays_and_is_over_when_it_ends(world, keys, told, capsys):
    keys.make_noise(world.timeline, 60)
    world.pass_ms(5000)
    assert "keypad: noise on its wires" in capsys.readouterr().out
    assert told[-1:] == ["*"], "what noise has typed is cleared"
    before = list(told)
    world.pass_ms(57000)
    assert told == before, "and it types no more"
    assert "health: keypad recovered after " in capsys.readouterr().out
    touch(world, keys, "5")
    assert told[len(before) :] == ["5"]


def test_a_key_that_sticks_is_told_once_and_said_and_the_others_work(world, keys, told, capsys):
    keys.press("5")
    world.pass_ms(40000)
    touch(world, keys, "7")
    assert told == ["5", "7"]
    assert "keypad: held down for long: 5" in capsys.readouterr().out
    keys.release("5")
    world.pass_ms(3000)
    assert "health: keypad recovered after 1 failures" in capsys.readouterr().out


def test_quick_fingers_are_no_noise(world, keys, told, capsys):
    typed = "1234567890" * 3
    for key in typed:
        touch(world, keys, key, hold_ms=60)
    assert "".join(told) == typed
    assert "noise" not in capsys.readouterr().out
