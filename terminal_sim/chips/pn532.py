"""A PN532 as UM0701-02 describes it: frames, timing, reset and what it forgets; its bus is I2C here.

pn532_spi.py and pn532_hsu.py give the same chip its two other faces.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from terminal_sim.chips import pn532_commands
from terminal_sim.chips.bus import Nack, Timeline
from terminal_sim.chips.cards import Card, PlainCard
from terminal_sim.chips.pn532_faults import ReaderFaults, StretchedTooLong
from terminal_sim.chips.pn532_frames import (
    ACK_FRAME,
    ERROR_FRAME,
    Acknowledge,
    Command,
    NotAcknowledge,
    read_host_frame,
    reply_frame,
)
from terminal_sim.chips.pn532_radio import Radio, RadioTiming

I2C_ADDRESS = 0x24
_READY = 0x01
_NOT_READY = 0x00
# 7.2.11: the wake-up sources, and which of them the chip's interface pins leave.
_WAKES_ON = {"i2c": 0x80, "spi": 0x20, "hsu": 0x10}
_BUFFER_BYTES = 512


@dataclass(frozen=True)
class ReaderTiming:
    """How long the chip takes, in microseconds.

    `start_up_us`: from RSTPDn high to the first answer on the bus, the oscillator's start included.
    `wake_up_us`: the clock is held low so long when the bus wakes the chip from power-down.
    `deaf_us`: after a write the chip may not acknowledge its own address at once (6.2.4).
    `acknowledge_us`, `process_us`: from the command to the ACK, from there to the reply.
    """

    start_up_us: int = 2_000
    wake_up_us: int = 2_000
    deaf_us: int = 400
    acknowledge_us: int = 800
    process_us: int = 1_500
    radio: RadioTiming = field(default_factory=RadioTiming)


@dataclass(frozen=True)
class _Output:
    ready_at_us: int
    frame: bytes
    when_read: Callable[[], None] | None = None


class PN532Chip:
    """The reader chip. Powered from the start, RSTPDn high; `interface` is what its pins select.

    `master_patience_us` is how long the bus master bears a stretched clock (50 ms is what MicroPython's
    `machine.I2C` waits); a transfer stretched longer fails with StretchedTooLong, a Nack.
    """

    address = I2C_ADDRESS

    def __init__(
        self,
        timeline: Timeline,
        *,
        timing: ReaderTiming | None = None,
        master_patience_us: int = 50_000,
        interface: str = "i2c",
    ) -> None:
        self._timeline = timeline
        self._wake_up_source = _WAKES_ON[interface]
        self._timing = timing or ReaderTiming()
        self._patience_us = master_patience_us
        self._radio = Radio(timeline, self._timing.radio)
        self._powered = True
        self._reset_level = 1
        self.faults = ReaderFaults()
        self.when_output: Callable[[int], None] = lambda _ready_at_us: None
        self._start_up()

    @property
    def cards(self) -> tuple[Card, ...]:
        """The cards that lie on the antenna now."""
        return tuple(self._radio.cards)

    @property
    def field_on(self) -> bool:
        """Whether the RF field is on."""
        return self._radio.field_on

    def place(self, card: bytes | Card) -> Card:
        """Put a card, or a plain card of this UID, on the reader beside what lies there; return it."""
        placed = PlainCard(card) if isinstance(card, (bytes, bytearray)) else card
        self._radio.place(placed)
        return placed

    def remove(self, card: bytes | Card | None = None) -> None:
        """Take a card away, by itself or by its UID; None takes away whatever lies there."""
        self._radio.take_away([lying for lying in self.cards if card is None or card in (lying, lying.uid)])

    def reset(self, level: int) -> None:
        """Set RSTPDn: 0 stops the chip, and with 1 it starts as after power-up."""
        if level == self._reset_level:
            return
        self._reset_level = level
        self._start_up()

    def power(self, on: bool) -> None:
        """Switch the supply; what the chip knew is gone, cards on the antenna stay where they lie."""
        if on != self._powered:
            self._powered = on
            self._start_up()

    def brown_out(self, duration_us: int = 20_000) -> None:
        """Let the supply fail for so long."""
        self.power(False)
        self._timeline.at(self._timeline.now_us() + duration_us, lambda: self.power(True))

    def write(self, data: bytes) -> None:
        """Take one write transfer; an invalid frame is dropped without an answer."""
        self._address_transfer()
        if self.faults.noise(0) is None and self.hear(data):
            self._deaf_until_us = self._timeline.now_us() + self._timing.deaf_us

    def read(self, count: int) -> bytes:
        """Return the ready byte and, when it is 1, the frame that waits and what stood behind it.

        Reading the ready byte alone leaves the frame; reading more takes it, even a part of it (6.2.4).
        """
        self._address_transfer()
        noise = self.faults.noise(count)
        if noise is not None:
            return noise
        if not self.frame_waits:
            return bytes([_NOT_READY]) * count
        if count <= 1:
            return bytes([_READY])[:count]
        return bytes([_READY]) + self.clock_out(count - 1)

    # What the chip's faces need: each of them brings frames in and out by its own rules.

    def is_there(self) -> bool:
        """Tell whether the chip runs and hears its bus; uses up one armed refusal."""
        if not self._powered or not self._reset_level or self.faults.refuses_transfer():
            return False
        return self._timeline.now_us() >= self._deaf_until_us and self._asleep_for is None

    def wake(self) -> None:
        """See the bus stir: a chip that sleeps and is to wake by it is there a moment later."""
        if self._powered and self._reset_level and (self._asleep_for or 0) & self._wake_up_source:
            self._asleep_for = None
            self._deaf_until_us = max(self._deaf_until_us, self._timeline.now_us()) + self._timing.wake_up_us

    def hear(self, data: bytes) -> bool:
        """Take one frame from the host; False for what is none, which is dropped without an answer."""
        frame = read_host_frame(data)
        if frame is None:
            return False
        # One buffer serves both directions, and the host's postamble is not kept in it.
        self._fill_buffer(data[:-1])
        if isinstance(frame, Acknowledge):
            self._abort()
        elif isinstance(frame, NotAcknowledge):
            self._repeat()
        else:
            self._start(frame)
        return True

    @property
    def frame_waits(self) -> bool:
        """Whether a frame is ready for the host."""
        if not self._output or self.faults.never_ready:
            return False
        return self._output[0].ready_at_us <= self._timeline.now_us()

    def take_frame(self) -> bytes:
        """Return the frame that waits, as it goes over the bus."""
        output = self._output.popleft()
        self._last_sent = output.frame
        if output.frame != ACK_FRAME:
            self._last_reply = output.frame
        self._fill_buffer(output.frame)
        if output.when_read:
            output.when_read()
        return self.faults.spoil(output.frame)

    def clock_out(self, count: int) -> bytes:
        """Return so many bytes of a clocked bus: the frame, then the old buffer, or FF where it is torn."""
        whole_bytes = len(self._output[0].frame)
        seen = self.take_frame()
        if len(seen) >= whole_bytes:
            seen += bytes(self._buffer[len(seen) :])
        return seen[:count].ljust(count, b"\xff")

    def _start_up(self) -> None:
        """Forget everything, as after power-up: settings, targets, the open command, unread frames."""
        self._radio.forget()
        self._output: deque[_Output] = deque()
        self._buffer = bytearray(_BUFFER_BYTES)
        self._last_sent: bytes | None = None
        self._last_reply: bytes | None = None
        # The chip starts in its low-power mode and wakes by its bus (7.2.11).
        self._asleep_for: int | None = self._wake_up_source
        self._deaf_until_us = self._timeline.now_us() + self._timing.start_up_us

    def _address_transfer(self) -> None:
        """Let the master address the chip; raises Nack when it does not answer."""
        if not self._powered or not self._reset_level or self.faults.refuses_transfer():
            raise Nack
        if self._timeline.now_us() < self._deaf_until_us:
            raise Nack
        stretch_us = self.faults.take_stretch_us() + self._wake_up_us()
        if stretch_us > self._patience_us:
            raise StretchedTooLong

    def _wake_up_us(self) -> int:
        if self._asleep_for is None:
            return 0
        if not self._asleep_for & self._wake_up_source:
            raise Nack
        self._asleep_for = None
        return self._timing.wake_up_us

    def _fill_buffer(self, data: bytes) -> None:
        self._buffer[: len(data)] = data

    def _abort(self) -> None:
        """End the open command; neither it nor anything unread is answered any more (6.2.2.1)."""
        self._radio.stop()
        self._output.clear()

    def _repeat(self) -> None:
        if self._last_sent:
            ready_at_us = self._timeline.now_us() + self._timing.acknowledge_us
            self._output.appendleft(_Output(ready_at_us, self._last_sent))
            self.when_output(ready_at_us)

    def _start(self, command: Command) -> None:
        """Give up the open command for the new one; a finished reply that nobody read stays in front."""
        self._radio.stop()
        self._output = deque(self._unread_reply())
        now_us = self._timeline.now_us()
        acknowledged_at_us = now_us + self._timing.acknowledge_us
        for frame in self.faults.with_stale(ACK_FRAME, self._last_reply):
            self._output.append(_Output(acknowledged_at_us, frame))
        self.when_output(acknowledged_at_us)
        leaves_us = self.faults.take_tag_leaves_us() if _lists(command) else None
        if leaves_us is not None:
            self._timeline.at(now_us + leaves_us, self.remove)
        delay_us = self._timing.acknowledge_us + self.faults.take_delay_us()
        try:
            pn532_commands.run(
                command.code,
                command.parameters,
                self._radio,
                lambda answer: self._answer(command, answer, delay_us),
            )
        except pn532_commands.SyntaxRefused:
            self._put(ERROR_FRAME, delay_us)

    def _unread_reply(self) -> list[_Output]:
        now_us = self._timeline.now_us()
        replies = [output for output in self._output if output.frame != ACK_FRAME]
        return [output for output in replies if output.ready_at_us <= now_us][-1:]

    def _answer(self, command: Command, answer: pn532_commands.Answer, delay_us: int) -> None:
        sources = answer.wake_up_sources
        then = None if sources is None else partial(self._sleep, sources)
        self._put(reply_frame(command.code, answer.data), delay_us, then)

    def _put(self, frame: bytes, delay_us: int, when_read: Callable[[], None] | None = None) -> None:
        ready_at_us = self._timeline.now_us() + delay_us + self._timing.process_us
        self._output.append(_Output(ready_at_us, frame, when_read))
        self.when_output(ready_at_us)

    def _sleep(self, wake_up_sources: int) -> None:
        self._radio.switch_field(False)
        self._asleep_for = wake_up_sources


def _lists(command: Command) -> bool:
    return command.code == pn532_commands.IN_LIST_PASSIVE_TARGET
