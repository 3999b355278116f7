"""Whole devices with their real firmware on each reader: two tokens at once, garbage, and a purchase."""

from __future__ import annotations

import pytest

from benchmarks.firmware.taps import MOST_OWN_MS, Watch
from terminal_sim.parts.board import READERS
from tests.terminal_sim.pos_ledger import API_TOKEN

ANNA = "04A1B2C3D4E5F6"
BERT = "04112233445566778899"


@pytest.fixture(params=READERS)
def coffee(request, bench, ledger):
    """Return a coffee machine with that reader, ready to sell."""
    machine = bench.terminal(
        device="coffee_machine",
        ledger_url=ledger.url,
        api_token=API_TOKEN,
        reader=request.param,
        buttons=["espresso"],
    )
    machine.wait_display("Choose a drink")
    return machine


def test_on_each_reader_two_tokens_buy_nothing_and_one_of_them_does_after_a_minute_of_garbage(coffee, ledger):
    ledger.balances[ANNA] = 500
    coffee.reader.place(bytes.fromhex(ANNA))
    coffee.reader.place(bytes.fromhex(BERT))
    coffee.wait_display("More than one token.")
    coffee.reader.remove()
    coffee.reader.faults.garbage(1)
    coffee.wait_display("Out of order: the card reader does not answer.", timeout_s=60)
    coffee.run_for(60)
    coffee.reader.faults.clear()
    coffee.wait_display("Choose a drink")
    assert any("health: reader recovered after " in line for line in coffee.console)
    coffee.press("espresso")
    coffee.wait_display("Hold your token")
    watch = Watch(coffee)
    began_us = watch.begin()
    coffee.tap(ANNA)
    coffee.wait_display("Enjoy your Espresso!")
    _, own_ms, work = watch.until_request(began_us)
    assert own_ms < MOST_OWN_MS
    assert (work["file_flush"], work["tcp_send"]) == (1, 1), "the intent is on flash, and one request asks"
    assert ledger.balances[ANNA] == 380
    assert coffee.relay_closures == 1
    assert coffee.live_set_bytes() < 96 * 1024
    assert not [line for line in coffee.console if "Traceback" in line]
