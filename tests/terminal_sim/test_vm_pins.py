"""Pins, interrupts and the buses as the firmware meets them."""

from __future__ import annotations

from terminal_sim.chips.bus import Nack

EDGES = """
import asyncio, machine, time
flag = asyncio.ThreadSafeFlag()
pin = machine.Pin(18, machine.Pin.IN, machine.Pin.PULL_UP)
seen = []
def on_edge(which):
    seen.append((which.value(), time.ticks_ms()))
    flag.set()
pin.irq(on_edge, machine.Pin.IRQ_FALLING | machine.Pin.IRQ_RISING)
async def main():
    while len(seen) < 4:
        await flag.wait()
    print(seen)
asyncio.run(main())
"""


def _pulse(device, pin: int, start_ms: int, width_ms: int) -> None:
    device.timeline.at(start_ms * 1000, lambda: device.wires.drive(pin, 0))
    device.timeline.at((start_ms + width_ms) * 1000, lambda: device.wires.drive(pin, None))


def test_interrupts_come_at_the_moment_of_each_edge(make_device, run_for):
    device = make_device(EDGES)
    _pulse(device, 18, 1000, 50)
    _pulse(device, 18, 1150, 25)
    run_for(device, 2)
    assert device.console == ["[(0, 1000), (1, 1050), (0, 1150), (1, 1175)]"]


def test_interrupts_come_in_the_middle_of_a_blocking_sleep_and_of_a_busy_wait(make_device, run_for):
    program = EDGES.replace(
        "asyncio.run(main())",
        "async def blocked():\n    asyncio.create_task(main())\n    await asyncio.sleep_ms(10)\n"
        "    time.sleep_ms(1100)\n    started = time.ticks_ms()\n"
        "    while time.ticks_diff(time.ticks_ms(), started) < 100:\n        pass\n"
        "    await asyncio.sleep(1)\n"
        "asyncio.run(blocked())",
    )
    device = make_device(program)
    _pulse(device, 18, 1000, 50)
    _pulse(device, 18, 1150, 25)
    run_for(device, 3)
    assert device.console == ["[(0, 1000), (1, 1050), (0, 1150), (1, 1175)]"]


def test_interrupts_come_in_time_while_another_task_sleeps_past_them(make_device, run_for):
    program = EDGES.replace(
        "asyncio.run(main())",
        "async def both():\n    asyncio.create_task(main())\n"
        "    while True:\n        await asyncio.sleep(1)\n"
        "asyncio.run(both())",
    )
    device = make_device(program)
    _pulse(device, 18, 1300, 50)
    _pulse(device, 18, 1450, 25)
    run_for(device, 3)
    assert device.console == ["[(0, 1300), (1, 1350), (0, 1450), (1, 1475)]"]


def test_only_the_edges_asked_for_interrupt(make_device, run_for):
    device = make_device(
        "import asyncio, machine\ncount = [0]\n"
        "def hit(pin):\n    count[0] += 1\n"
        "machine.Pin(18, machine.Pin.IN, machine.Pin.PULL_UP).irq(hit, machine.Pin.IRQ_FALLING)\n"
        "async def main():\n    await asyncio.sleep(2)\n    print(count)\n"
        "asyncio.run(main())"
    )
    _pulse(device, 18, 1000, 50)
    run_for(device, 3)
    assert device.console == ["[1]"]


def test_masked_interrupts_wait_and_are_not_lost(make_device):
    device = make_device(
        "import machine, time\nhits = []\n"
        "pin = machine.Pin(18, machine.Pin.IN, machine.Pin.PULL_UP)\n"
        "pin.irq(lambda p: hits.append(1), machine.Pin.IRQ_FALLING)\n"
        "state = machine.disable_irq()\ntime.sleep_ms(1200)\nprint(len(hits))\n"
        "machine.enable_irq(state)\nprint(len(hits))",
        boots=False,
    )
    device.timeline.at(1_000_000, lambda: device.wires.drive(18, 0))
    device.boot()
    assert device.console == ["0", "1"]


def test_an_interrupt_handler_that_fails_is_printed_and_the_program_goes_on(make_device, run_for):
    device = make_device(
        "import asyncio, machine\n"
        "def broken(pin):\n    raise ValueError('in handler')\n"
        "machine.Pin(18, machine.Pin.IN, machine.Pin.PULL_UP).irq(broken)\n"
        "async def main():\n    await asyncio.sleep(2)\n    print('alive')\n"
        "asyncio.run(main())"
    )
    _pulse(device, 18, 1000, 50)
    run_for(device, 3)
    assert any("in handler" in line for line in device.console)
    assert device.console[-1] == "alive"


def test_a_wire_has_the_level_of_its_driver_or_of_its_pull(make_device):
    device = make_device(
        "from machine import Pin\n"
        "print(Pin(1, Pin.IN, Pin.PULL_UP).value(), Pin(2, Pin.IN, Pin.PULL_DOWN).value())\n"
        "out = Pin(16, Pin.OUT, value=1)\nprint(out.value())\nout.off()\nprint(out.value())\n"
        "drain = Pin(17, Pin.OPEN_DRAIN, Pin.PULL_UP, value=1)\nprint(drain())\ndrain(0)\nprint(drain())\n"
        "Pin(5, Pin.IN).value(1)\nprint(Pin(5).value())"
    )
    assert device.console == ["1 0", "1", "0", "1", "0", "0"]


def test_the_world_sees_what_the_firmware_drives(make_device, run_for):
    device = make_device(
        "import asyncio\nfrom machine import Pin\n"
        "async def main():\n    await asyncio.sleep(1)\n    relay = Pin(16, Pin.OUT, value=0)\n"
        "    for _ in range(2):\n        relay.on()\n        await asyncio.sleep_ms(500)\n"
        "        relay.off()\n        await asyncio.sleep_ms(100)\n"
        "asyncio.run(main())"
    )
    seen = []
    device.wires.watch(16, lambda level, now_us: seen.append((level, now_us // 1000)))
    run_for(device, 3)
    assert seen == [(1, 1000), (0, 1500), (1, 1600), (0, 2100)]


class EchoChip:
    """A chip that gives back the last bytes written to it, complemented."""

    address = 0x42

    def __init__(self) -> None:
        self._last = b""
        self.is_mute = False

    def write(self, data: bytes) -> None:
        """Keep the bytes."""
        if self.is_mute:
            raise Nack
        self._last = data

    def read(self, count: int) -> bytes:
        """Return them complemented."""
        return bytes(255 - byte for byte in self._last[:count])


class EchoBoard:
    """A board with nothing but that chip."""

    def __init__(self, device) -> None:
        self.chip = EchoChip()
        device.bus.attach(self.chip)


I2C = "from machine import I2C, Pin\nbus = I2C(0, scl=Pin(22), sda=Pin(21), freq=100000)\n"


def test_bytes_cross_the_i2c_bus_both_ways(make_device):
    device = make_device(
        I2C + "print(bus.scan())\nprint(bus.writeto(0x42, b'\\x00\\x01\\xff'), bus.readfrom(0x42, 3))\n"
        "room = bytearray(2)\nbus.readfrom_into(0x42, room)\nprint(room)\n"
        "print(bus.readfrom_mem(0x42, 0x10, 1))",
        make_board=EchoBoard,
    )
    assert device.console == ["[66]", "3 b'\\xff\\xfe\\x00'", "bytearray(b'\\xff\\xfe')", "b'\\xef'"]


def test_a_missing_or_mute_chip_is_enodev(make_device):
    program = I2C + "for address in (0x42, 0x24):\n    try:\n        bus.writeto(address, b'x')\n"
    program += "    except OSError as error:\n        print(address, error.errno)\n"

    def mute(device):
        board = EchoBoard(device)
        board.chip.is_mute = True
        return board

    assert make_device(program, make_board=mute).console == ["66 19", "36 19"]


def test_a_transfer_takes_the_time_of_its_bits(make_device):
    device = make_device(
        I2C + "import time\nbefore = time.ticks_us()\nbus.writeto(0x42, bytes(99))\n"
        "print(time.ticks_diff(time.ticks_us(), before) // 1000)",
        make_board=EchoBoard,
    )
    assert device.console == ["9"]


class _Shifter:
    """A chip that gives back each byte with one added."""

    def __init__(self):
        self.levels = []

    def select(self, level):
        self.levels.append(level)

    def exchange(self, data):
        return bytes(value + 1 for value in data)


def test_spi_reaches_the_selected_chip_in_the_time_of_its_bits(make_device):
    device = make_device(
        "import time\nfrom machine import SPI, Pin\nselect = Pin(5, Pin.OUT, value=1)\n"
        "spi = SPI(1, baudrate=100000, sck=Pin(18), mosi=Pin(23), miso=Pin(19))\n"
        "answer = bytearray(3)\nspi.write_readinto(b'abc', answer)\nprint(bytes(answer))\n"
        "select(0)\nspi.write_readinto(b'abc', answer)\nprint(bytes(answer))\n"
        "started = time.ticks_us()\nspi.readinto(answer, 7)\n"
        "print(bytes(answer), 240 <= time.ticks_us() - started < 300)\nselect(1)\n",
        boots=False,
        make_board=lambda device: device.spi.attach(1, 5, chips[0]),
    )
    chips = [_Shifter()]
    device.boot()
    assert device.console == ["b'\\xff\\xff\\xff'", "b'bcd'", "b'\\x08\\x08\\x08' True"]
    assert chips[0].levels[-2:] == [0, 1]


class _Echo:
    """A device on a UART that sends back what it gets, in capital letters."""

    def receive(self, data):
        self.send(data.upper())


def test_a_uart_sends_while_the_program_goes_on_and_keeps_what_arrives(make_device):
    device = make_device(
        "import time\nfrom machine import UART\nuart = UART(1, baudrate=9600, timeout=0)\n"
        "print(uart.any(), uart.read(), uart.write(b'hello'))\ntime.sleep_ms(9)\nprint(uart.any())\n"
        "time.sleep_ms(3)\nbuffer = bytearray(3)\nprint(uart.any(), uart.readinto(buffer), bytes(buffer))\n"
        "print(uart.read(), uart.readinto(buffer))\nuart.write(b'x' * 300)\ntime.sleep_ms(700)\n"
        "print(uart.any())\n",
        make_board=lambda device: device.uarts.attach(1, _Echo()),
    )
    assert device.console == ["0 None 5", "0", "5 3 b'HEL'", "b'LO' None", "256"]
