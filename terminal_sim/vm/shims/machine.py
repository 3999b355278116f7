"""The `machine` module of the simulated board: pins with interrupts, I2C, SPI, UART, watchdog and reset."""

from binascii import hexlify, unhexlify

import _host

PWRON_RESET, HARD_RESET, WDT_RESET, DEEPSLEEP_RESET, SOFT_RESET = 1, 2, 3, 4, 5

_EDGE_NAMES = {}


def _checked(answer):
    if isinstance(answer, int) and answer < 0:
        raise OSError(-answer)
    return answer


class Pin:
    """One GPIO wire, with the constants and calls of the ESP32 port."""

    IN = 1
    OUT = 3
    OPEN_DRAIN = 7
    PULL_DOWN = 1
    PULL_UP = 2
    IRQ_RISING = 1
    IRQ_FALLING = 2

    def __init__(self, id, mode=-1, pull=-1, *, value=None):
        self._id = id
        if mode != -1 or pull != -1 or value is not None:
            self.init(mode, pull, value=value)

    def init(self, mode=-1, pull=-1, *, value=None):
        """Set direction, pull and first level."""
        pull = 0 if pull is None else pull
        _host.pin_setup(self._id, mode, pull, -1 if value is None else 1 if value else 0)

    def value(self, level=None):
        """Return the wire's level, or drive it."""
        if level is None:
            return _host.pin_level(self._id)
        _host.pin_write(self._id, 1 if level else 0)
        return None

    __call__ = value

    def on(self):
        """Drive the wire high."""
        self.value(1)

    def off(self):
        """Drive the wire low."""
        self.value(0)

    def irq(self, handler=None, trigger=3, hard=False):
        """Call handler(pin) at each edge named by the trigger; None switches it off."""
        _EDGE_NAMES[self._id] = (handler, self)
        _host.pin_irq(self._id, trigger if handler else 0)
        return self

    def __repr__(self):
        return f"Pin({self._id})"


def _on_edge(number):
    handler, pin = _EDGE_NAMES[number]
    if handler:
        handler(pin)


_host.on_edge(_on_edge)


class PWM:
    """A square wave on a pin."""

    def __init__(self, pin, *, freq=5000, duty_u16=0):
        self._id = pin._id
        self._hertz = freq
        self._duty = duty_u16
        self._drive()

    def _drive(self):
        _host.pwm_set(self._id, self._hertz, self._duty)

    def freq(self, hertz=None):
        """Return the frequency, or change it."""
        if hertz is None:
            return self._hertz
        self._hertz = hertz
        return self._drive()

    def duty_u16(self, duty=None):
        """Return how much of 65535 the pin is high, or change it."""
        if duty is None:
            return self._duty
        self._duty = duty
        return self._drive()

    def deinit(self):
        """Let go of the pin."""
        self.duty_u16(0)


class I2C:
    """An I2C controller; a chip that does not acknowledge raises OSError(ENODEV)."""

    def __init__(self, id=0, *, scl=None, sda=None, freq=400000, timeout=50000):
        self._bus = id
        self._hertz = freq

    def _write(self, address, data):
        return _checked(_host.i2c_write(self._bus, self._hertz, address, hexlify(data).decode()))

    def writeto(self, address, data, stop=True):
        """Write one transfer and return the number of acknowledged bytes."""
        return self._write(address, data)

    def writevto(self, address, parts, stop=True):
        """Write several buffers as one transfer."""
        return self._write(address, b"".join([bytes(part) for part in parts]))

    def readfrom(self, address, count, stop=True):
        """Read one transfer of that many bytes."""
        return unhexlify(_checked(_host.i2c_read(self._bus, self._hertz, address, count)))

    def readfrom_into(self, address, buffer, stop=True):
        """Read one transfer into the buffer."""
        buffer[:] = self.readfrom(address, len(buffer))

    def writeto_mem(self, address, register, data, *, addrsize=8):
        """Write to a register."""
        self._write(address, register.to_bytes(addrsize // 8, "big") + bytes(data))

    def readfrom_mem(self, address, register, count, *, addrsize=8):
        """Read from a register."""
        self._write(address, register.to_bytes(addrsize // 8, "big"))
        return self.readfrom(address, count)

    def scan(self):
        """Return the addresses that acknowledge."""
        found = _host.i2c_scan(self._bus)
        return [int(part) for part in found.split(",")] if found else []


SoftI2C = I2C


class RTC:
    """The real-time clock: starts with the year 2000, as a board without a battery does."""

    _set_to = (2000, 1, 1, 5, 0, 0, 0, 0)

    def datetime(self, moment=None):
        """Return what it was set to last, or set it: year, month, day, weekday, hours, minutes, seconds."""
        if moment is not None:
            RTC._set_to = tuple(moment)
        return None if moment else RTC._set_to


class SPI:
    """An SPI controller of mode 0; who is meant, the select pins tell."""

    MSB = 0
    LSB = 1

    def __init__(self, id, baudrate=1000000, *, firstbit=MSB, **wires):
        if firstbit != self.MSB:
            # As on many ports.
            raise NotImplementedError("LSB")
        self._bus = id
        self._hertz = baudrate

    def _exchange(self, data):
        return unhexlify(_host.spi_exchange(self._bus, self._hertz, hexlify(data).decode()))

    def write(self, data):
        """Send bytes, and drop what comes."""
        self._exchange(data)

    def read(self, count, write=0):
        """Send the same byte so often, and return what comes."""
        return self._exchange(bytes([write] * count))

    def readinto(self, buffer, write=0):
        """Send the same byte again and again, and fill the buffer."""
        buffer[:] = self.read(len(buffer), write)

    def write_readinto(self, data, buffer):
        """Send bytes, and fill a buffer of the same length."""
        buffer[:] = self._exchange(data)


class UART:
    """A serial port; reading never waits, and what is written leaves while the program goes on."""

    def __init__(self, id, baudrate=9600, **settings):
        self._port = id
        self.init(baudrate)

    def init(self, baudrate=9600):
        """Set the speed; what waits is forgotten."""
        _host.uart_open(self._port, baudrate)

    def any(self):
        """Return how many bytes wait."""
        return _host.uart_any(self._port)

    def read(self, count=256):
        """Return at most so many bytes, or None when none waits."""
        return unhexlify(_host.uart_read(self._port, count)) or None

    def readinto(self, buffer):
        """Fill the buffer as far as bytes wait; return their number, or None when none does."""
        data = self.read(len(buffer))
        if data is None:
            return None
        buffer[: len(data)] = data
        return len(data)

    def write(self, data):
        """Send bytes, and return their number."""
        return _host.uart_write(self._port, hexlify(data).decode())


class WDT:
    """The watchdog: resets the device when it was not fed in time, and cannot be stopped."""

    def __init__(self, id=0, timeout=5000):
        self._timeout_ms = timeout
        self.feed()

    def feed(self):
        """Start the time again."""
        _host.watchdog(self._timeout_ms)


def reset():
    """Start the device again; nothing behind this call runs."""
    _host.reset(HARD_RESET)


def soft_reset():
    """Start the interpreter again; nothing behind this call runs."""
    _host.reset(SOFT_RESET)


def reset_cause():
    """Return why the device started."""
    return _host.reset_cause()


def unique_id():
    """Return the bytes that tell this device from all others."""
    return unhexlify(_host.unique_id())


def freq(hertz=None):
    """Return the clock of the processor."""
    return 160000000


def disable_irq():
    """Hold interrupts back; returns the state for enable_irq."""
    return _host.mask(True)


def enable_irq(state=True):
    """Let interrupts through again."""
    _host.mask(False)
