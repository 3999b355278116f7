"""The `time` module of the device: the built-in one, with the simulator's sleeps and microseconds."""

import _host
from utime import *  # noqa: F403

ticks_us = ticks_cpu = _host.ticks_us


def sleep_us(duration_us):
    """Block for that many microseconds."""
    _host.sleep_us(duration_us)


def sleep_ms(duration_ms):
    """Block for that many milliseconds."""
    _host.sleep_us(duration_ms * 1000)


def sleep(duration_s):
    """Block for that many seconds."""
    _host.sleep_us(int(duration_s * 1000000))
