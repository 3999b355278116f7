"""A minute of garbage on the bus of reader and display: both recover, and the health report says so.

The minutes of the other buses stand with their drivers' tests, and with the acceptors' and the machine's.
"""

from __future__ import annotations

from tests.terminal_sim.pos_ledger import API_TOKEN

MINUTE_S = 60


def said(machine, text):
    """Tell whether the console has a line with this text."""
    return any(text in line for line in machine.console)


def test_on_the_displays_bus_and_then_the_glass_shows_what_it_should(bench, ledger):
    machine = bench.terminal("coffee_machine", ledger.url, API_TOKEN, buttons=["espresso"])
    machine.wait_display("Choose a drink")
    shown = machine.display
    machine.device.bus.make_noise(seed=3)
    machine.run_for(MINUTE_S)
    machine.device.bus.quieten()
    machine.wait_until(lambda: machine.display == shown, timeout_s=90)
    machine.wait_until(lambda: said(machine, "health: reader recovered after "))
    assert said(machine, "health: display recovered after ")
    assert said(machine, "failures since the start: reader FAILS (")
    assert machine.is_powered
    assert not said(machine, "Traceback")
