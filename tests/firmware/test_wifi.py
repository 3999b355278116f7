"""The WiFi supervisor: bounded attempts, a radio switched off and on, and a probe that does not trust it."""

import asyncio
from types import SimpleNamespace

import pytest
from ledger_client.backoff import Backoff
from system.wifi import WiFi

from tests.firmware.world import no_beat


class Radio:
    """A WLAN whose access point is there or not, and whose driver may claim what is not true."""

    def __init__(self, world):
        self._world = world
        self.is_active = False
        self.has_access_point = True
        self.joins = []
        self.activations = 0

    def active(self, is_active):
        self.activations += is_active and not self.is_active
        self.is_active = is_active

    def connect(self, ssid, password):
        self.joins.append((self._world.now_ms, ssid, password))

    def isconnected(self):
        return self.is_active and self.has_access_point and bool(self.joins)


class Connection:
    """A connection whose socket comes back only when its end is waited for, as MicroPython has it."""

    def __init__(self, reach):
        self._reach = reach

    def close(self):
        """Do nothing."""

    async def wait_closed(self):
        self._reach.closed += 1


@pytest.fixture
def radio(world):
    return Radio(world)


@pytest.fixture
def start(world, radio):
    reach = SimpleNamespace(is_reachable=True, probes=0, closed=0)

    async def open_plain(host, port):
        assert (host, port) == ("ledger", 443)
        reach.probes += 1
        if not reach.is_reachable:
            await asyncio.sleep(3600)
        return None, Connection(reach)

    def started(on_connected=None):
        backoff = Backoff(lambda count: b"\x80" * count)
        settings = {"ssid": "home", "password": "secret"}
        wifi = world.call(WiFi, radio, settings, ("ledger", 443, ""), backoff, open_plain)
        wifi.on_connected = on_connected
        world.start(wifi.run(no_beat))
        return reach

    return started


def test_it_connects_with_the_given_name_and_password(world, radio, start):
    start()
    world.pass_ms(1000)
    assert radio.joins == [(0, "home", "secret")]


def test_an_attempt_without_success_ends_and_the_radio_is_restarted(world, radio, start):
    radio.has_access_point = False
    start()
    world.pass_ms(120000)
    assert 4 <= len(radio.joins) <= 8
    assert radio.activations == len(radio.joins)
    radio.has_access_point = True
    world.pass_ms(30000)
    assert radio.isconnected()


def test_a_lost_connection_is_made_again(world, radio, start):
    start()
    world.pass_ms(5000)
    radio.has_access_point = False
    world.pass_ms(5000)
    radio.has_access_point = True
    world.pass_ms(5000)
    assert len(radio.joins) == 2


def test_a_connection_that_leads_nowhere_is_not_believed_for_ever(world, radio, start):
    reach = start()
    world.pass_ms(190000)
    assert (reach.probes, radio.activations) == (3, 1)
    assert reach.closed == 3
    reach.is_reachable = False
    world.pass_ms(240000)
    assert radio.activations == 2


def test_what_needs_the_network_is_done_once_and_tried_until_it_works(world, radio, start):
    tries = []

    def set_clock():
        tries.append(world.now_ms)
        if len(tries) < 3:
            raise OSError(110)

    start(set_clock)
    world.pass_ms(60000)
    assert len(tries) == 3
    assert radio.activations == 1
