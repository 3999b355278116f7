"""The wires between the microcontroller's pins and the world, and the PWM outputs, and the I2C bus."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from terminal_sim.chips.bus import I2CDevice, Nack

# The constants of `machine.Pin` in the shim, which are those of the ESP32 port.
OUTPUT, OPEN_DRAIN = 3, 7
PULL_DOWN, PULL_UP = 1, 2
RISING, FALLING = 1, 2
NO_DEVICE = -19


@dataclass
class Wire:
    """One wire: what drives it, what pulls it, who watches it and which edges interrupt."""

    mode: int = 0
    latch: int = 0
    world_level: int | None = None
    pull: int = 0
    resting: int = 0
    interrupts: int = 0
    last: int = 0
    watchers: list[Callable[[int, int], None]] = field(default_factory=list)

    def level(self) -> int:
        """Return the level that wins."""
        if self.mode == OUTPUT or (self.mode == OPEN_DRAIN and not self.latch):
            return self.latch
        if self.world_level is not None:
            return self.world_level
        if self.pull:
            return 1 if self.pull == PULL_UP else 0
        return self.resting


class GpioWires:
    """All wires of a board; collects what the microcontroller has not seen yet.

    `changes` holds (pin, level, interrupts) in order, `take_changes` hands them over once.
    """

    def __init__(self, now_us: Callable[[], int]) -> None:
        self._now_us = now_us
        self._wires: dict[int, Wire] = {}
        self._changes: list[tuple[int, int, bool]] = []

    def level(self, pin: int) -> int:
        """Return the level on the wire now."""
        return self._wire(pin).level()

    def drive(self, pin: int, level: int | None) -> None:
        """Drive the wire from outside; None lets go of it."""
        self._wire(pin).world_level = level
        self._settle(pin)

    def watch(self, pin: int, callback: Callable[[int, int], None]) -> None:
        """Call `callback(level, now_us)` whenever the firmware changes the level it drives."""
        self._wire(pin).watchers.append(callback)

    def rest(self, pin: int, level: int) -> None:
        """Give a wire a resistor on the board, for when nothing else drives or pulls it."""
        self._wire(pin).resting = level
        self._settle(pin)

    def let_go(self) -> None:
        """Drive nothing any more: the microcontroller has lost its power."""
        for pin, wire in self._wires.items():
            wire.mode = wire.interrupts = wire.pull = 0
            self._settle(pin, by_firmware=True)

    def take_changes(self) -> tuple[tuple[int, int, bool], ...]:
        """Hand over the changes that the microcontroller has not seen."""
        taken, self._changes = tuple(self._changes), []
        return taken

    @property
    def has_interrupt(self) -> bool:
        """Tell whether an edge waits that the firmware wants to hear of."""
        return any(interrupts for _, _, interrupts in self._changes)

    def pin_setup(self, pin: int, mode: int, pull: int, level: int) -> int:
        """Serve `Pin.init`: direction, pull and first level; -1 leaves as it is."""
        wire = self._wire(pin)
        if pull >= 0:
            wire.pull = pull
        if mode >= 0:
            wire.mode = mode
        if level >= 0:
            wire.latch = level
        # The VM may start out with another idea of the level, whatever it was before.
        self._changes.append((pin, wire.level(), False))
        self._settle(pin, by_firmware=True)
        return 0

    def pin_write(self, pin: int, level: int) -> int:
        """Serve `Pin.value(level)`; without effect on an input, as on the chip."""
        self._wire(pin).latch = level
        self._settle(pin, by_firmware=True)
        return 0

    def pin_irq(self, pin: int, trigger: int) -> int:
        """Serve `Pin.irq`: which edges interrupt."""
        self._wire(pin).interrupts = trigger
        return 0

    def _wire(self, pin: int) -> Wire:
        return self._wires.setdefault(pin, Wire())

    def _settle(self, pin: int, *, by_firmware: bool = False) -> None:
        wire = self._wire(pin)
        level = wire.level()
        if level == wire.last:
            return
        wire.last = level
        edge = RISING if level else FALLING
        self._changes.append((pin, level, bool(wire.interrupts & edge)))
        if by_firmware:
            for callback in wire.watchers:
                callback(level, self._now_us())


class PwmOutputs:
    """The pins that carry a square wave, and what hangs on them."""

    def __init__(self) -> None:
        self._parts: dict[int, Callable[[int, int], None]] = {}

    def attach(self, pin: int, drive: Callable[[int, int], None]) -> None:
        """Solder a part to a pin: `drive(hertz, duty_u16)` is told of each change."""
        self._parts[pin] = drive

    def pwm_set(self, pin: int, hertz: int, duty_u16: int) -> int:
        """Serve `PWM.freq` and `PWM.duty_u16`."""
        if pin in self._parts:
            self._parts[pin](hertz, duty_u16)
        return 0

    def let_go(self) -> None:
        """Fall silent: the microcontroller has lost its power."""
        for drive in self._parts.values():
            drive(0, 0)


class I2CBus:
    """One I2C bus; each transfer takes the time of its bits."""

    def __init__(self, pass_time: Callable[[int], None]) -> None:
        self._pass_time = pass_time
        self._chips: dict[int, I2CDevice] = {}
        self._noise: random.Random | None = None

    def attach(self, chip: I2CDevice) -> None:
        """Solder a chip to the bus."""
        self._chips[chip.address] = chip

    def make_noise(self, seed: int) -> None:
        """Spoil what is on the wires, as a motor does whose cable lies beside them, until quieten().

        Of two transfers one is acknowledged by nobody; of its bytes the other one has some that flipped.
        """
        self._noise = random.Random(seed)  # noqa: S311 - noise, no secret

    def quieten(self) -> None:
        """Let the bus carry what is sent."""
        self._noise = None

    def i2c_write(self, _bus: int, hertz: int, address: int, data: str) -> int:
        """Serve one write transfer; the number of bytes, or a negative error number."""
        payload = bytes.fromhex(data)
        self._transfer(hertz, len(payload))
        try:
            self._chip(address).write(self._heard(payload))
        except Nack:
            return NO_DEVICE
        return len(payload)

    def i2c_read(self, _bus: int, hertz: int, address: int, count: int) -> str | int:
        """Serve one read transfer; bytes as hexadecimal text, or a negative error number."""
        self._transfer(hertz, count)
        try:
            return self._heard(bytes(self._chip(address).read(count))).hex()
        except Nack:
            return NO_DEVICE

    def i2c_scan(self, _bus: int) -> str:
        """Return the addresses of the chips, separated by commas."""
        return ",".join(str(address) for address in sorted(self._chips))

    def _heard(self, data: bytes) -> bytes:
        noise = self._noise
        if noise is None:
            return data
        if noise.random() < 0.5:
            raise Nack
        return bytes(byte ^ (1 << noise.randrange(8)) if noise.random() < 0.2 else byte for byte in data)

    def _chip(self, address: int) -> I2CDevice:
        try:
            return self._chips[address]
        except KeyError:
            raise Nack from None

    def _transfer(self, hertz: int, count: int) -> None:
        # Nine clocks for the address and for each byte, with start and stop on top.
        self._pass_time((9 * (count + 1) + 2) * 1_000_000 // hertz)
