"""Just enough of a microcontroller to run the firmware's drivers under CPython against the chips."""

import asyncio
import errno
import math
import selectors
import sys
import types
from pathlib import Path

from terminal_sim.chips.bus import Nack
from tests.terminal_sim.chips import framebuf
from tests.terminal_sim.chips.wiring import BoardWires, VirtualTimeline

FIRMWARE = Path(__file__).resolve().parents[3] / "firmware"
FALLING, RISING = 2, 1


def make_firmware_importable():
    """Put the firmware's root on the path, with the modules that CPython lacks."""
    if "micropython" not in sys.modules:
        micropython = types.ModuleType("micropython")
        micropython.const = lambda value: value
        sys.modules["micropython"] = micropython
        sys.modules["framebuf"] = framebuf
    if str(FIRMWARE) not in sys.path:
        sys.path.insert(0, str(FIRMWARE))


class _WorldSelector(selectors.SelectSelector):
    """Waits by letting the world's time pass, up to its next event."""

    def __init__(self, timeline: VirtualTimeline) -> None:
        super().__init__()
        self._timeline = timeline

    def select(self, timeout=None):
        next_us = self._timeline.next_event_us()
        assert timeout is not None or next_us is not None, "everybody waits and nothing will happen"
        until_us = next_us
        if timeout is not None:
            until_us = self._timeline.now_us() + math.ceil(max(timeout, 0) * 1_000_000)
            until_us = until_us if next_us is None else min(until_us, next_us)
        self._timeline.advance_to(until_us)
        return []


class WorldLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock is the world's virtual time."""

    def __init__(self, timeline: VirtualTimeline) -> None:
        super().__init__(_WorldSelector(timeline))
        self._timeline = timeline

    def time(self):
        """Return the world's time in seconds."""
        return self._timeline.now_us() / 1_000_000


class Bus:
    """`machine.I2C` at 100 kHz with chips on it; a transfer takes the time of its bits."""

    def __init__(self, timeline: VirtualTimeline, *chips) -> None:
        self._timeline = timeline
        self._chips = {chip.address: chip for chip in chips}

    def writeto(self, address, data):
        """Write one transfer; OSError(ENODEV) without an acknowledge."""
        self._pass_time(len(data))
        self._transfer(lambda: self._chips[address].write(bytes(data)))
        return len(data)

    def readfrom_into(self, address, buffer):
        """Read one transfer into the buffer; OSError(ENODEV) without an acknowledge."""
        self._pass_time(len(buffer))
        buffer[:] = self._transfer(lambda: self._chips[address].read(len(buffer)))

    def _transfer(self, exchange):
        try:
            return exchange()
        except (Nack, KeyError) as nack:
            raise OSError(errno.ENODEV, "no acknowledge") from nack

    def _pass_time(self, count):
        self._timeline.advance((9 * (count + 1) + 2) * 10)


class Spi:
    """`machine.SPI` at 1 MHz with one chip and its select wire; a transfer takes the time of its bits."""

    def __init__(self, timeline: VirtualTimeline, wires: BoardWires, select_pin: int, chip) -> None:
        self._timeline = timeline
        self._wires = wires
        self._select_pin = select_pin
        self._chip = chip
        wires.fit_resistor(select_pin, 1)
        wires.watch(select_pin, lambda level, now_us: chip.select(level))

    def write(self, data):
        """Send bytes and drop what comes."""
        self.exchange(bytes(data))

    def readinto(self, buffer, write=0):
        """Fill the buffer while sending the same byte."""
        buffer[:] = self.exchange(bytes([write]) * len(buffer))

    def write_readinto(self, data, buffer):
        """Send bytes and fill a buffer of the same length."""
        assert len(data) == len(buffer)
        buffer[:] = self.exchange(bytes(data))

    def exchange(self, data):
        """Exchange bytes with the chip, if it is selected."""
        self._timeline.advance(8 * len(data))
        return self._chip.exchange(data) if not self._wires.level(self._select_pin) else b"\xff" * len(data)


class Uart:
    """`machine.UART` at 115200 bit/s with one device; what does not fit into the buffer is lost."""

    capacity = 256
    byte_us = 87

    def __init__(self, timeline: VirtualTimeline, device) -> None:
        self._timeline = timeline
        self._device = device
        self._received = bytearray()
        self._is_free_at_us = {}
        device.send = lambda data: self._later(data, self._arrive)

    def write(self, data):
        """Send bytes; they are on their way then."""
        sent = bytes(data)
        self._later(sent, self._device.receive)
        return len(sent)

    def any(self):
        """Return how many bytes wait."""
        return len(self._received)

    def readinto(self, buffer):
        """Fill the buffer as far as bytes wait; None when none does."""
        count = min(len(buffer), len(self._received))
        buffer[:count] = self._received[:count]
        del self._received[:count]
        return count or None

    def _later(self, data, deliver):
        # Each way is one wire: bytes come in the order in which they were sent.
        begins_us = max(self._timeline.now_us(), self._is_free_at_us.get(deliver.__name__, 0))
        self._is_free_at_us[deliver.__name__] = through_us = begins_us + self.byte_us * len(data)
        self._timeline.at(through_us, lambda: deliver(data))

    def _arrive(self, data):
        self._received.extend(data[: self.capacity - len(self._received)])


class OneWireUart(Uart):
    """`machine.UART` at 9600 bit/s, both of its wires on the one of a device: it hears itself."""

    byte_us = 1042

    def __init__(self, timeline: VirtualTimeline, device) -> None:
        super().__init__(timeline, device)
        device.echo = self._arrive


class Pin:
    """`machine.Pin` on one of the board's wires: an input with a pull-up, until it is driven."""

    def __init__(self, wires: BoardWires, number: int) -> None:
        self._wires = wires
        self._number = number
        wires.firmware_pull(number, 1)

    def value(self, level=None):
        """Read the wire, or drive it."""
        if level is None:
            return self._wires.level(self._number)
        self._wires.firmware_drive(self._number, level)
        return None

    __call__ = value

    def irq(self, handler, trigger=RISING | FALLING):
        """Call handler(pin) at each edge of those asked for."""

        def on_edge(level, now_us):
            if trigger & (RISING if level else FALLING):
                handler(self)

        self._wires.firmware_watch(self._number, on_edge)


class OpenDrainPin(Pin):
    """A pin that pulls low or lets go, with its pull-up: it never fights another row."""

    def value(self, level=None):
        """Read the wire, pull it low with 0, or let go of it with 1."""
        return super().value(level) if level != 1 else self._wires.firmware_drive(self._number, None)
