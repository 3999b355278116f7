"""A new device in a real house: its code, the page of it, the operator's command, and the first coffee."""

from __future__ import annotations

from urllib.request import urlopen

from ledger.domain.catalog.commands import pair_terminal
from ledger.domain.catalog.records import NewTerminal
from ledger.domain.devices.records import TerminalPermission
from ledger.foundation.actor import operator_on_this_machine
from ledger.service import Ledger
from tests.firmware.squares import read_from
from tests.journeys.world import OFFERS, World


def test_a_device_without_a_token_is_paired_by_its_code_and_sells_after_a_power_cut(world: World):
    name = f"new_{next(world.premises.numbers)}"
    machine = world.bench.terminal(
        "coffee_machine", world.premises.url, None, name=name, buttons=["espresso"], display="oled"
    )
    machine.wait_display("staff.")
    assert machine.live_set_bytes() < 96 * 1024
    code = machine.display[3][8:].strip("- ") + machine.display[4][8:].strip()
    address = read_from(machine.device.board.display)
    assert address == f"{world.premises.url}/pair/{code}".upper()
    with urlopen(address) as page:
        assert f"tapledger terminal pair {code} coffee" in page.read().decode()
    new = NewTerminal("Corner", TerminalPermission.DEBIT, "EUR", OFFERS)
    # The server goes by the real time, and so does the operator's command.
    ledger = Ledger(world.ledger.database, world.ledger.settings)
    ledger.run(pair_terminal, actor=operator_on_this_machine(), code=code, slug=name, new=new)
    machine.wait_display("Corner")
    machine.cut_power()
    machine.boot()
    machine.wait_display("Choose a drink")
    anna = world.person(500)
    machine.press("espresso")
    machine.tap(anna.token)
    machine.wait_relay(1)
    assert anna.amounts_cents == [-OFFERS[0].price_cents]
    kept = machine.read_file("/state/token").split()[0].decode()
    assert len(kept) == 43
    assert not [line for line in machine.console if kept in line or code in line]
