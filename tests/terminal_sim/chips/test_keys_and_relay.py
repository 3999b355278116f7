"""Keypad, buttons and relay as wires see them: matrix, ghosts, bounce, closures, and the cup behind."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal_sim.chips.buttons import PushButtons
from terminal_sim.chips.contacts import ContactBounce
from terminal_sim.chips.keypad import LAYOUT_4X4, KeypadMatrix
from terminal_sim.chips.relay import Closure, CoffeeBrewer, RelayContact
from tests.terminal_sim.chips.wiring import BoardWires, VirtualTimeline

ROWS, COLUMNS = (25, 26, 27, 32), (33, 34, 35, 36)
BUTTONS = (12, 13, 14, 15)
RELAY = 16
KEYS = "".join(LAYOUT_4X4)


class Scanner:
    """A keypad and the plainest firmware for it: rows driven low one at a time, columns pulled up."""

    def __init__(self, bounce_us=None):
        self.timeline = VirtualTimeline()
        self.wires = BoardWires(self.timeline)
        bounce = ContactBounce(self.timeline, bounce_us) if bounce_us else None
        self.keypad = KeypadMatrix(self.wires, ROWS, COLUMNS, bounce=bounce)
        for pin in COLUMNS:
            self.wires.firmware_pull(pin, 1)
        for pin in ROWS:
            self.wires.firmware_drive(pin, 1)

    def scan(self):
        """Return the keys that look pressed, in the layout's order."""
        seen = ""
        for row, keys in zip(ROWS, LAYOUT_4X4, strict=True):
            self.wires.firmware_drive(row, 0)
            seen += "".join(key for pin, key in zip(COLUMNS, keys, strict=True) if not self.wires.level(pin))
            self.wires.firmware_drive(row, 1)
        return seen


@pytest.mark.parametrize("key", KEYS)
def test_a_pressed_key_is_seen_and_a_released_one_is_not(key):
    scanner = Scanner()
    scanner.keypad.press(key)
    assert scanner.scan() == key
    scanner.keypad.release(key)
    assert scanner.scan() == ""


@given(st.sets(st.sampled_from(KEYS), max_size=2))
def test_two_keys_are_always_told_apart(keys):
    scanner = Scanner()
    for key in keys:
        scanner.keypad.press(key)
    assert set(scanner.scan()) == keys


def test_three_corners_of_a_rectangle_show_the_fourth():
    scanner = Scanner()
    for key in "134":
        scanner.keypad.press(key)
    assert scanner.scan() == "1346"
    scanner.keypad.release("3")
    assert scanner.scan() == "14"


def test_a_ghost_runs_over_any_number_of_keys():
    scanner = Scanner()
    for key in "125689":
        scanner.keypad.press(key)
    assert scanner.scan() == "123456789"


def test_a_key_in_a_row_that_was_never_driven_is_not_seen(wires):
    keypad = KeypadMatrix(wires, ROWS, COLUMNS)
    for pin in COLUMNS:
        wires.firmware_pull(pin, 1)
    keypad.press("1")
    assert wires.level(COLUMNS[0]) == 1


def test_a_column_follows_its_row_while_the_key_is_held():
    scanner = Scanner()
    scanner.keypad.press("5")
    edges = []
    scanner.wires.firmware_watch(COLUMNS[1], lambda level, now_us: edges.append(level))
    for level in (0, 1, 0):
        scanner.wires.firmware_drive(ROWS[1], level)
    assert edges == [0, 1, 0]


def test_a_bouncing_key_flips_and_then_holds():
    scanner = Scanner(bounce_us=(300, 700, 1_500, 2_000))
    scanner.keypad.press("#")
    seen = [scanner.scan()]
    for _ in range(5):
        scanner.timeline.advance(500)
        seen.append(scanner.scan())
    assert seen == ["#", "", "#", "", "#", "#"]
    scanner.keypad.release("#")
    scanner.timeline.advance(5_000)
    assert scanner.scan() == ""


def test_a_bounce_must_end_where_it_was_meant_to(timeline):
    with pytest.raises(ValueError, match="even number"):
        ContactBounce(timeline, [100])
    with pytest.raises(ValueError, match="ascending"):
        ContactBounce(timeline, [200, 100])


def test_an_unknown_key_cannot_be_pressed(wires):
    keypad = KeypadMatrix(wires, ROWS, COLUMNS)
    with pytest.raises(KeyError):
        keypad.press("E")


def test_a_layout_must_fit_its_pins(wires):
    with pytest.raises(ValueError, match="layout"):
        KeypadMatrix(wires, ROWS[:3], COLUMNS)
    with pytest.raises(ValueError, match="layout"):
        KeypadMatrix(wires, ROWS, COLUMNS[:3])


@pytest.mark.parametrize("number", range(4))
def test_a_pressed_button_pulls_its_own_wire_down(wires, number):
    for pin in BUTTONS:
        wires.firmware_pull(pin, 1)
    buttons = PushButtons(wires, BUTTONS)
    buttons.press(number)
    assert [wires.level(pin) for pin in BUTTONS] == [int(i != number) for i in range(4)]
    buttons.release(number)
    assert [wires.level(pin) for pin in BUTTONS] == [1, 1, 1, 1]


def test_a_bouncing_button_makes_more_than_two_edges(wires, timeline):
    wires.firmware_pull(12, 1)
    edges = []
    wires.firmware_watch(12, lambda level, now_us: edges.append((now_us, level)))
    PushButtons(wires, BUTTONS, bounce=ContactBounce(timeline, (100, 400))).press(0)
    timeline.advance(1_000)
    assert edges == [(0, 0), (100, 1), (400, 0)]


@pytest.mark.parametrize("number", [-1, 4])
def test_a_button_that_is_not_there_cannot_be_pressed(wires, number):
    with pytest.raises(IndexError, match="buttons 0 to 3"):
        PushButtons(wires, BUTTONS).press(number)


def close(wires, timeline, duration_us):
    wires.firmware_drive(RELAY, 1)
    timeline.advance(duration_us)
    wires.firmware_drive(RELAY, 0)


def test_closures_are_counted_with_their_durations(wires, timeline):
    relay = RelayContact(wires, RELAY, timeline)
    wires.firmware_drive(RELAY, 0)
    timeline.advance(1_000)
    close(wires, timeline, 500_000)
    timeline.advance(1_000)
    wires.firmware_drive(RELAY, 1)
    timeline.advance(70)
    assert relay.closures == [Closure(1_000, 500_000), Closure(502_000, None)]
    assert (relay.count, relay.closed, relay.closed_for_us) == (2, True, 70)


def test_an_open_contact_is_closed_for_no_time(wires, timeline):
    relay = RelayContact(wires, RELAY, timeline)
    assert (relay.count, relay.closed, relay.closed_for_us) == (0, False, 0)


def test_a_contact_opens_when_the_firmware_is_gone(wires, timeline):
    relay = RelayContact(wires, RELAY, timeline)
    wires.firmware_drive(RELAY, 1)
    timeline.advance(40)
    wires.firmware_gone()
    assert relay.closures == [Closure(0, 40)]


def test_one_closure_is_one_cup_and_none_while_it_brews(wires, timeline):
    brewer = CoffeeBrewer(timeline)
    RelayContact(wires, RELAY, timeline, on_open=brewer.enable)
    close(wires, timeline, 500_000)
    assert brewer.brewing
    close(wires, timeline, 500_000)
    assert (brewer.cups, brewer.ignored) == (1, 1)
    timeline.advance(25_000_000)
    assert not brewer.brewing
    close(wires, timeline, 500_000)
    assert brewer.cups == 2


def test_too_short_a_closure_brews_nothing(wires, timeline):
    brewer = CoffeeBrewer(timeline)
    RelayContact(wires, RELAY, timeline, on_open=brewer.enable)
    close(wires, timeline, 49_999)
    assert (brewer.cups, brewer.ignored) == (0, 1)
    assert not brewer.brewing
