"""The reader that the configuration names, on the wires that a board has for it."""

from machine import SPI, UART, Pin

_SPI_HERTZ = 1000000
_HSU_BAUD = 115200


def build_reader(config, bus, wires):
    """Return the driver, the only one that is loaded; `bus` is the display's I2C.

    `wires` are the board's pin numbers: reset, power, select, (id, sck, mosi, miso) of an SPI and
    (id, tx, rx) of a UART.
    """
    reset_pin = Pin(wires["reset"], Pin.OUT, value=1)
    power_pin = Pin(wires["power"], Pin.OUT, value=1)
    if config.reader == "mfrc522":
        from drivers.mfrc522 import MFRC522

        return MFRC522(_spi(wires), Pin(wires["select"], Pin.OUT, value=1), reset_pin, power_pin)
    from drivers.pn532 import PN532

    return PN532(_transport(config.reader, bus, wires), reset_pin, power_pin)


def _transport(name, bus, wires):
    if name == "pn532_spi":
        from drivers.pn532_spi import SPITransport

        return SPITransport(_spi(wires), Pin(wires["select"], Pin.OUT, value=1))
    if name == "pn532_hsu":
        from drivers.pn532_hsu import HSUTransport

        number, tx, rx = wires["uart"]
        return HSUTransport(UART(number, baudrate=_HSU_BAUD, tx=Pin(tx), rx=Pin(rx), timeout=0))
    from drivers.pn532 import I2CTransport

    return I2CTransport(bus)


def _spi(wires):
    number, sck, mosi, miso = wires["spi"]
    return SPI(number, baudrate=_SPI_HERTZ, sck=Pin(sck), mosi=Pin(mosi), miso=Pin(miso))
