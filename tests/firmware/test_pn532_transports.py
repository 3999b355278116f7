"""The PN532's frames over SPI and HSU, byte by byte: bits turned, frames collected, noise dropped."""

import pytest
from drivers.pn532 import PN532
from drivers.pn532_hsu import HSUTransport
from drivers.pn532_spi import SPITransport
from drivers.reader import BusError, FrameError, ReplyTimeout

ACK = bytes.fromhex("0000FF00FF00")
COMMAND = bytes.fromhex("0000FF02FED4022A00")
REPLY = bytes.fromhex("0000FF06FAD50332010607E800")


class Uart:
    """A serial port whose received bytes a test lays there."""

    def __init__(self, *pieces):
        self.received = bytearray(b"".join(pieces))
        self.written = []
        self.takes_all = True

    def any(self):
        return len(self.received)

    def readinto(self, buffer):
        count = min(len(buffer), len(self.received))
        buffer[:count] = self.received[:count]
        del self.received[:count]
        return count or None

    def write(self, data):
        self.written.append(bytes(data))
        return len(data) if self.takes_all else None


def taken(transport, count=16):
    buffer = bytearray(count)
    transport.read_into(buffer)
    return bytes(buffer)


def test_a_frame_is_ready_when_its_last_byte_is_there_and_not_before():
    uart = Uart()
    transport = HSUTransport(uart)
    for value in REPLY[:-2]:
        uart.received.append(value)
        assert not transport.ready()
    uart.received.append(REPLY[-2])
    assert transport.ready()
    assert taken(transport) == b"\x01" + REPLY + b"\x00\x00"


def test_ack_and_reply_that_arrive_together_are_two_frames():
    transport = HSUTransport(Uart(ACK, REPLY))
    assert transport.ready()
    assert taken(transport, 7) == b"\x01" + ACK
    assert transport.ready()
    assert taken(transport)[1 : 1 + len(REPLY)] == REPLY
    assert not transport.ready()
    with pytest.raises(FrameError, match="not ready"):
        taken(transport)


def test_noise_before_a_frame_is_dropped():
    transport = HSUTransport(Uart(b"\x55\xaa\xff\x31\x00", REPLY))
    assert transport.ready()
    assert taken(transport)[1 : 1 + len(REPLY)] == REPLY


@pytest.mark.parametrize(
    "noise", [bytes(500), b"\xff" * 500, bytes(range(256)) * 2, b"\x00\xff\xfe\x02" * 99], ids=range(4)
)
def test_noise_without_end_never_fills_the_buffer_for_good(noise):
    uart = Uart(noise)
    transport = HSUTransport(uart)
    for _ in range(200):
        if transport.ready():
            taken(transport)
    assert not uart.received
    transport.write(COMMAND)
    uart.received.extend(ACK)
    assert transport.ready()
    assert taken(transport, 7) == b"\x01" + ACK


def test_a_wrong_length_checksum_is_handed_over_to_be_refused():
    transport = HSUTransport(Uart(REPLY[:4] + b"\x00" + REPLY[5:]))
    assert transport.ready()
    assert taken(transport)[1:6] == bytes.fromhex("0000FF0600")


def test_a_command_forgets_what_arrived_before_it():
    uart = Uart(REPLY)
    transport = HSUTransport(uart)
    assert transport.ready()
    transport.write(COMMAND)
    assert not transport.ready()
    assert uart.written == [COMMAND]


def test_the_chip_is_woken_by_55_and_zeros_before_the_first_command(world):
    uart = Uart()
    with pytest.raises(ReplyTimeout):
        world.run(PN532(HSUTransport(uart)).start())
    assert uart.written[0] == b"\x55\x55" + bytes(14)
    assert uart.written[1:3] == [ACK, COMMAND]


def test_a_uart_that_does_not_send_is_a_bus_error(world):
    uart = Uart()
    uart.takes_all = False
    with pytest.raises(BusError, match="UART"):
        world.run(PN532(HSUTransport(uart)).start())


class Line:
    """SPI and select pin in one; what goes over it, and for how long it is selected."""

    def __init__(self, world, answer=0x00):
        self._world = world
        self.answer = answer
        self.log = []
        self.error = None

    def value(self, level):
        self.log.append((self._world.now_ms, "release" if level else "select"))

    def write(self, data):
        if self.error:
            raise self.error
        self.log.append(bytes(data).hex().upper())

    def readinto(self, buffer):
        buffer[:] = bytes([self.answer] * len(buffer))


def test_over_spi_operation_and_frame_go_with_their_bits_turned_in_one_selection(world):
    line = Line(world)
    SPITransport(line, line).write(COMMAND)
    # 01 00 00 FF 02 FE D4 02 2A 00, each byte turned.
    assert line.log[1:] == [(0, "select"), "800000FF407F2B405400", (0, "release")]


@pytest.mark.parametrize(("on_the_line", "is_ready"), [(0x80, 1), (0x00, 0), (0x01, 0), (0xFF, 1)])
def test_over_spi_ready_is_bit_0_of_the_status_which_comes_first(world, on_the_line, is_ready):
    line = Line(world, on_the_line)
    assert SPITransport(line, line).ready() == is_ready
    assert line.log[1:] == [(0, "select"), "40", (0, "release")]


def test_over_spi_a_read_turns_the_frame_and_puts_a_ready_byte_before_it(world):
    line = Line(world, 0x2B)
    assert taken(SPITransport(line, line), 4) == bytes.fromhex("01D4D4D4")
    assert "C0" in line.log


def test_over_spi_the_chip_is_woken_by_a_selection_of_more_than_2_ms(world):
    line = Line(world)
    world.run(SPITransport(line, line).wake())
    assert line.log[1:] == [(0, "select"), (3, "release")]


def test_a_failing_spi_is_a_bus_error_and_the_chip_is_released(world):
    line = Line(world)
    transport = SPITransport(line, line)
    line.error = OSError(5)
    with pytest.raises(BusError):
        transport.ready()
    assert line.log[-1] == (0, "release")
