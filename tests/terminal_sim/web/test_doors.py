"""The board's terminals by their names: what other commands and real card readers do to them."""

from __future__ import annotations

import time

import pytest

from terminal_sim import control
from terminal_sim.readers.feeding import Feeder
from terminal_sim.readers.source import CardCame
from terminal_sim.web.board import Board, Plan
from terminal_sim.web.doors import Doors
from terminal_sim.web.sandbox import Surroundings
from tests.terminal_sim.pos_ledger import API_TOKEN

ANNA = "04A1B2C3D4E5F6"


class OneCard:
    """A source on which a card lies from the beginning."""

    def __init__(self) -> None:
        self._events = [CardCame(ANNA, "desk")]

    def wait(self, timeout_s):
        """Return the card, once."""
        told, self._events = self._events, []
        return told

    def close(self):
        """There is nothing to let go of."""


@pytest.fixture
def board(ledger):
    """Return a board with a coffee machine on it."""
    surroundings = Surroundings(ledger.url, {"coffee_machine": API_TOKEN}, (("Anna", ANNA),))
    with Board(surroundings, Plan(("coffee_machine",))) as shown:
        shown.wait_ready()
        yield shown


def wait_display(state, text):
    """Wait until a terminal's display shows a text."""
    deadline_s = time.monotonic() + 30
    while text not in " ".join(" ".join(control.ask(state, "show")["display"]).split()):
        assert time.monotonic() < deadline_s
        time.sleep(0.05)


def test_a_card_on_a_real_reader_lies_on_the_board_until_the_reader_is_taken_away(board, ledger, tmp_path):
    ledger.balances[ANNA] = 500
    with Doors(board, tmp_path):
        state = control.read_state("coffee_machine", tmp_path)
        wait_display(state, "Choose a drink")
        feeder = Feeder("coffee_machine", tmp_path, OneCard(), lambda event: None)
        feeder.step(0)
        wait_display(state, "Balance 5.00 EUR")
        assert on_reader(board) == [ANNA]
        feeder.close()
        assert on_reader(board) == []
    assert control.running(tmp_path) == []


def on_reader(board):
    """Return what lies on the coffee machine's reader."""
    tokens = board.terminal("coffee_machine").ask(lambda machine: machine.hand.tokens)
    return [card.uid.hex().upper() for card in tokens]


def test_a_name_that_is_taken_stays_with_the_terminal_that_has_it(board, tmp_path):
    with Doors(board, tmp_path) as first:
        state = control.read_state("coffee_machine", tmp_path)
        with Doors(board, tmp_path) as second:
            assert (first.taken, second.taken) == ([], ["coffee_machine"])
        assert control.read_state("coffee_machine", tmp_path) == state
        with pytest.raises(control.Refused, match="does not know the action 'fly'"):
            control.ask(state, "fly")
