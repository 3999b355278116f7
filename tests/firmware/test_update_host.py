"""What an update must know of the device: whether somebody is served, and whether it is healthy."""

import asyncio
from functools import partial

import pytest
from ota.host import Host
from system.health import Supervisor

from tests.firmware.coffee import buy
from tests.firmware.flash import FlashFiles
from tests.firmware.stands import Stand


@pytest.fixture
def supervisor(coffee_stand):
    """Return a supervisor of no tasks yet."""
    return coffee_stand.world.call(Supervisor)


@pytest.fixture
def host(coffee_stand, supervisor):
    """Return the host of a coffee machine that stands ready."""
    device = coffee_stand.device
    return Host(supervisor, coffee_stand.presence, device._ledger, coffee_stand.journal, device)


def test_a_machine_may_be_restarted_only_while_nobody_is_in_the_middle_of_anything(coffee_stand, host):
    assert (host.is_serving(), host.is_idle()) == (False, True)
    buy(coffee_stand)
    coffee_stand.wait_for("Hold your token")
    assert (host.is_serving(), host.is_idle()) == (True, False)
    coffee_stand.wait_for("Enjoy")
    assert host.is_serving()
    coffee_stand.world.pass_ms(20000)
    assert (host.is_serving(), host.is_idle()) == (False, True)


def test_a_journal_that_is_not_drained_is_not_idle(coffee_stand, host):
    coffee_stand.road.troubles.extend(["lost_answer"] * 20)
    buy(coffee_stand)
    coffee_stand.world.pass_ms(35000)
    assert coffee_stand.journal.open_records
    assert (host.is_serving(), host.is_idle()) == (False, False)


def test_what_is_not_healthy_is_named(coffee_stand, host):
    ailing = partial(coffee_stand.world.call, host.ailing)
    assert ailing() is None
    coffee_stand.presence.is_working = False
    assert ailing() == "the reader does not answer"
    coffee_stand.presence.is_working = True
    coffee_stand.flash.is_full = True
    buy(coffee_stand)
    coffee_stand.world.pass_ms(5000)
    assert ailing() == "the journal cannot be written"


def test_a_ledger_that_has_not_answered_yet_is_not_healthy(coffee_road):
    coffee_road.troubles.extend(["no_network"] * 5)
    stand = Stand("coffee_machine", FlashFiles(), coffee_road)
    supervisor = stand.world.call(Supervisor)
    host = Host(supervisor, stand.presence, stand.device._ledger, stand.journal, stand.device)
    assert host.ailing() == "the ledger is out of reach"
    stand.power_off()


def test_a_task_that_fails_or_falls_silent_is_not_healthy(coffee_stand, host, supervisor):
    async def fail_once(beat):
        if supervisor.failed is None:
            raise ValueError("a mistake")
        beat()

    async def hang(_beat):
        await asyncio.sleep(3600)

    coffee_stand.world.call(supervisor.start, "buttons", fail_once, 1000)
    coffee_stand.world.pass_ms(700)
    assert coffee_stand.world.call(host.ailing) == "buttons has failed"
    hanging = coffee_stand.world.call(supervisor.start, "silent", hang, 1000)
    coffee_stand.world.pass_ms(2000)
    assert coffee_stand.world.call(host.ailing) == "silent gives no sign of life"
    hanging.cancel()
