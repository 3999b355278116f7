"""A host of the character display that writes nibbles as the data sheet draws them."""

RS, RW, E, LIGHT = 0x01, 0x02, 0x04, 0x08
CLEAR = 0x01


class LcdHost:
    """A host that writes nibbles in the data sheet's order, each with a pulse on E."""

    def __init__(self, lcd, timeline=None):
        self.lcd = lcd
        self.timeline = timeline

    def nibble(self, value, flags=0):
        """Put four bits on the data lines and pulse E."""
        port = value << 4 | flags | LIGHT
        self.lcd.write(bytes([port, port | E, port]))

    def byte(self, value, flags=0, pause_us=2_000):
        """Write a byte in two nibbles and give the display time."""
        self.nibble(value >> 4, flags)
        self.nibble(value & 0x0F, flags)
        self.wait(pause_us)

    def wait(self, duration_us):
        """Let time pass, where there is a time line."""
        if self.timeline:
            self.timeline.advance(duration_us)

    def initialise(self):
        """Initialise by instruction (figure 24): 4 bits, two lines, on, cleared, to the right."""
        for value, wait_us in ((3, 4_500), (3, 150), (3, 100), (2, 100)):
            self.nibble(value)
            self.wait(wait_us)
        for instruction in (0x28, 0x0C, CLEAR, 0x06):
            self.byte(instruction)

    def text(self, codes, at=None):
        """Write characters, from a DDRAM address on when one is given."""
        if at is not None:
            self.byte(0x80 | at)
        for code in codes.encode("latin-1") if isinstance(codes, str) else codes:
            self.byte(code, RS, pause_us=0)

    def read_byte(self, flags):
        """Read busy flag and address, or with RS the data, in two nibbles."""
        halves = []
        for _ in range(2):
            port = 0xF0 | flags | RW | LIGHT
            self.lcd.write(bytes([port, port | E]))
            halves.append(self.lcd.read(1)[0] >> 4)
            self.lcd.write(bytes([port]))
        return halves[0] << 4 | halves[1]
