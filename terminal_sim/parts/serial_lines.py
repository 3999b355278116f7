"""SPI buses and serial ports: bytes between microcontroller and chips, each in the time of its bits."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from terminal_sim.chips.bus import OneWireDevice, SerialDevice, SPIDevice
from terminal_sim.parts.wires import GpioWires
from terminal_sim.vm.clock import Timeline

# What an ESP32's driver keeps of received bytes, unless told otherwise; more of them are lost.
RECEIVE_BUFFER_BYTES = 256
_BITS_A_BYTE_ON_SPI = 8
# Start bit, eight data bits, stop bit.
_BITS_A_BYTE_ON_UART = 10


class SPIBuses:
    """Chips on the SPI buses, each with its select wire; a line that nobody drives reads FF."""

    def __init__(self, wires: GpioWires, pass_time: Callable[[int], None]) -> None:
        self._wires = wires
        self._pass_time = pass_time
        self._chips: list[tuple[int, int, SPIDevice]] = []

    def attach(self, bus: int, select_pin: int, chip: SPIDevice) -> None:
        """Solder a chip to a bus, with a pull-up on its select wire."""
        self._chips.append((bus, select_pin, chip))
        self._wires.rest(select_pin, 1)
        self._wires.watch(select_pin, lambda level, _now_us: chip.select(level))

    def spi_exchange(self, bus: int, hertz: int, data: str) -> str:
        """Serve one exchange; as many bytes as were sent, as hexadecimal text."""
        payload = bytes.fromhex(data)
        self._pass_time(len(payload) * _BITS_A_BYTE_ON_SPI * 1_000_000 // hertz)
        for number, select_pin, chip in self._chips:
            if number == bus and not self._wires.level(select_pin):
                return chip.exchange(payload).hex()
        return "ff" * len(payload)


class SerialPorts:
    """The UARTs: what a program writes leaves bit by bit while it goes on, what arrives waits in a buffer."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._devices: dict[int, SerialDevice] = {}
        self._bauds: dict[int, int] = {}
        self._received: dict[int, bytearray] = {}
        self._is_free_at_us: dict[tuple[int, str], int] = {}

    def attach(self, port: int, device: SerialDevice) -> None:
        """Connect a device to both wires of a port."""
        self._devices[port] = device
        device.send = partial(self._send, port)

    def attach_one_wire(self, port: int, device: OneWireDevice) -> None:
        """Connect a device to a port whose two wires are one: the program hears itself."""
        self.attach(port, device)
        device.echo = partial(self._arrive, port)

    def uart_open(self, port: int, baud: int) -> int:
        """Serve `UART.init`: the port starts empty."""
        self._bauds[port] = baud
        self._received[port] = bytearray()
        return 0

    def uart_write(self, port: int, data: str) -> int:
        """Serve `UART.write`; the number of bytes, which are on their way then."""
        payload = bytes.fromhex(data)
        device = self._devices.get(port)
        if device is not None:
            self._after_its_bits(port, "out", payload, lambda: device.receive(payload))
        return len(payload)

    def uart_any(self, port: int) -> int:
        """Serve `UART.any`: how many bytes wait."""
        return len(self._received[port])

    def uart_read(self, port: int, count: int) -> str:
        """Serve `UART.read`: at most so many bytes, as hexadecimal text."""
        buffer = self._received[port]
        data = bytes(buffer[:count])
        del buffer[:count]
        return data.hex()

    def _send(self, port: int, data: bytes) -> None:
        self._after_its_bits(port, "in", data, lambda: self._arrive(port, data))

    def _arrive(self, port: int, data: bytes) -> None:
        buffer = self._received.get(port)
        if buffer is not None:
            buffer.extend(data[: RECEIVE_BUFFER_BYTES - len(buffer)])

    def _after_its_bits(self, port: int, way: str, data: bytes, callback: Callable[[], None]) -> None:
        """Let the bytes be through when those before them are, and their own bits."""
        begins_us = max(self._timeline.now_us(), self._is_free_at_us.get((port, way), 0))
        baud = self._bauds.get(port, 115_200)
        through_us = begins_us + len(data) * _BITS_A_BYTE_ON_UART * 1_000_000 // baud
        self._is_free_at_us[port, way] = through_us
        self._timeline.at(through_us, callback)
