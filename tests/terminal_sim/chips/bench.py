"""What the tests of the chips share: a board without a microcontroller, and a host that speaks PN532."""

from terminal_sim.chips.bus import Nack
from terminal_sim.chips.pn532 import PN532Chip
from terminal_sim.chips.pn532_frames import ACK_FRAME, information_frame
from tests.terminal_sim.chips.wiring import VirtualTimeline

SAM_NORMAL = "1401"
LIST_ONE = "4A0100"
LIST_TWO = "4A0200"
ENOUGH_US = 3_000_000


class Host:
    """The other end of the bus, which writes and reads transfers and lets time pass."""

    def __init__(self, chip: PN532Chip, timeline: VirtualTimeline) -> None:
        self.chip = chip
        self.timeline = timeline

    def send(self, command: str) -> None:
        """Write one command, in hex without its framing."""
        self.chip.write(information_frame(b"\xd4" + bytes.fromhex(command)))

    def wait_ready(self, at_most_us: int = ENOUGH_US) -> bool:
        """Poll the ready byte every 100 µs."""
        end_us = self.timeline.now_us() + at_most_us
        while self.timeline.now_us() <= end_us:
            if self._ready():
                return True
            self.timeline.advance(100)
        return False

    def take(self, count: int = 64) -> str:
        """Wait and read a frame; return its hex up to and with the postamble that its length says."""
        assert self.wait_ready(), "the chip never got ready"
        read = self.chip.read(count + 1)
        assert read[0] == 1
        frame = read[1:]
        length = 6 if frame[3:5] in (b"\x00\xff", b"\xff\x00") else frame[3] + 7
        return frame[:length].hex().upper()

    def ask(self, command: str) -> str:
        """Send a command, take the ACK, and return the data of the reply behind D5 (hex)."""
        self.send(command)
        assert self.take() == ACK_FRAME.hex().upper()
        return self.take()[12:-4]

    def _ready(self) -> bool:
        try:
            return self.chip.read(1) == b"\x01"
        except Nack:
            return False
