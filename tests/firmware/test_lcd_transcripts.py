"""The display's driver byte by byte: the data sheet's start-up, and what four lines become on the bus."""

from drivers.lcd import CharacterDisplay, encode

BACKLIGHT, ENABLE, REGISTER = 0x08, 0x04, 0x01


class Bus:
    """Notes each write with its time, and decodes what the HD44780 latches on E's falling edges."""

    def __init__(self, world):
        self._world = world
        self.nibbles = []
        self.is_dead = False

    def writeto(self, address, data):
        assert address == 0x27
        if self.is_dead:
            raise OSError(19)
        for before, after in zip(data, data[1:], strict=False):
            if before & ENABLE and not after & ENABLE:
                self.nibbles.append((self._world.now_ms, before >> 4, before & REGISTER, before & BACKLIGHT))

    def codes(self):
        """Return (register, byte) for each pair of nibbles since the switch to four bits."""
        pairs = zip(self.nibbles[4::2], self.nibbles[5::2], strict=True)
        return [(high[2], high[1] << 4 | low[1]) for high, low in pairs]


def show(world, bus, display, *lines):
    bus.nibbles = [(0, 0, 0, 0)] * 4 if display._is_started else []
    return world.run(display.show(list(lines)))


def test_it_starts_as_the_data_sheet_says(world):
    bus = Bus(world)
    assert show(world, bus, CharacterDisplay(bus))
    assert [nibble for _, nibble, _, _ in bus.nibbles[:4]] == [0x3, 0x3, 0x3, 0x2]
    times = [moment for moment, *_ in bus.nibbles[:4]]
    assert times[0] >= 40
    assert times[1] - times[0] >= 5
    assert times[2] - times[1] >= 1
    assert bus.codes()[:5] == [(0, 0x28), (0, 0x08), (0, 0x01), (0, 0x06), (0, 0x0C)]
    assert all(backlight for *_, backlight in bus.nibbles)


def test_each_line_goes_to_its_address_and_is_filled_with_blanks(world):
    bus = Bus(world)
    display = CharacterDisplay(bus)
    show(world, bus, display)
    for row, address in enumerate((0x80, 0xC0, 0x94, 0xD4)):
        show(world, bus, display, *([""] * row), "Hi")
        (start,) = [number for number, code in enumerate(bus.codes()) if code == (0, address)]
        written = bytes(code for _, code in bus.codes()[start + 1 : start + 21])
        assert written == b"Hi" + b" " * 18


def test_what_is_shown_already_is_not_sent_again(world):
    bus = Bus(world)
    display = CharacterDisplay(bus)
    show(world, bus, display, "one", "two")
    show(world, bus, display, "one", "three")
    assert [code for register, code in bus.codes() if not register] == [0xC0]


def test_letters_that_the_chip_has_elsewhere_are_found_and_others_become_question_marks():
    assert encode("äöüß") == b"\xe1\xef\xf5\xe2"
    assert encode("Grüße, 1 €~\\\n") == b"Gr\xf5\xe2e, 1 ????"


def test_a_display_that_is_gone_stops_nobody_and_is_started_again(world):
    bus = Bus(world)
    display = CharacterDisplay(bus)
    bus.is_dead = True
    assert not show(world, bus, display, "x")
    bus.is_dead = False
    assert show(world, bus, display, "back")
    assert [nibble for _, nibble, _, _ in bus.nibbles[:4]] == [0x3, 0x3, 0x3, 0x2]


def test_a_line_that_is_too_long_is_cut(world):
    bus = Bus(world)
    display = CharacterDisplay(bus)
    show(world, bus, display)
    show(world, bus, display, "x" * 30)
    assert bytes(code for register, code in bus.codes() if register) == b"x" * 20
