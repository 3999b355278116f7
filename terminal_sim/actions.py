"""Everything that a person or the world can do to a terminal: one table for stories, commands, board."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from terminal_sim import faults
from terminal_sim.chips.mdb_vmc import VmcSettings
from terminal_sim.device import EVENTS, LONGEST_LEAP_S
from terminal_sim.machine import KEYS, Machine
from terminal_sim.tokens import TAKES, card_of, is_token, manner_of
from terminal_sim.values import BadAction, check_value, words_of

PERSON, WORLD = "person", "world"
METHODS = ("GET", "POST")
LONGEST_LATENCY_MS = 60_000


@dataclass(frozen=True)
class Action:
    """What can be done: a line for people, the kinds of its value, and how it is done.

    `who` does it is PERSON or WORLD. Without power what `needs_power` is without effect, or refused where
    somebody waits for the effect. `takes` says in words what the value may be, when its kind alone does not.
    """

    line: str
    kinds: tuple[type, ...]
    do: Callable[[Machine, Any], dict[str, Any] | None]
    who: str = WORLD
    needs_power: bool = False
    takes: str = ""
    allows: Callable[[Any], bool] = lambda _value: True

    @property
    def words(self) -> str:
        """Say for people what it takes."""
        return self.takes or words_of(self.kinds)

    def check(self, name: str, value: Any) -> None:
        """Refuse a value that the action does not take: BadAction, which says what it takes."""
        check_value(name, value, self.kinds, self.takes, self.allows)


def perform(machine: Machine, name: str, value: Any = True) -> dict[str, Any]:
    """Do something to a terminal; return what there is to say of it, {"accepted": …} of a coin.

    Raises BadAction for a name that is not in ACTIONS, a value that it does not take, and what this
    terminal does not have. Without power what a person does is without effect.
    """
    action = ACTIONS.get(name)
    if action is None:
        raise BadAction(f"{machine.name} does not know the action {name!r}; there are {', '.join(ACTIONS)}")
    action.check(name, value)
    try:
        return action.do(machine, value) or {}
    except (RuntimeError, ValueError) as error:
        raise BadAction(str(error)) from error


def _tap(machine: Machine, token: str | dict[str, Any]) -> None:
    machine.tap(card_of(token, machine.dice), **manner_of(token))


def _press(machine: Machine, what: str | int) -> None:
    buttons = machine.config.get("buttons", [])
    if isinstance(what, int) or machine.vmc is not None or what in buttons or (buttons and what.isdigit()):
        machine.press(int(what) if str(what).isdigit() and what not in buttons else what)
    elif what and all(key in KEYS for key in what):
        machine.keys(what)
    else:
        names = ", ".join(buttons) or "none"
        raise BadAction(f"{machine.name} has no button {what!r} (buttons: {names}; keys: {KEYS})")


def _with_controller(do: Callable[[Any, Any], Any]) -> Callable[[Machine, Any], None]:
    """Do something to the vending machine's controller."""

    def act(machine: Machine, value: Any) -> None:
        if machine.vmc is None:
            raise BadAction(f"{machine.name} is no vending machine")
        do(machine.vmc, value)

    return act


def _set_controller(controller: Any, settings: dict[str, Any]) -> None:
    for name, value in settings.items():
        setattr(controller.settings, name, value)


def _pay_cash(controller: Any, selection: str) -> None:
    item, _, units = selection.partition(":")
    controller.pay_cash(int(item), int(units))


def _set_network(name: str) -> Callable[[Machine, Any], None]:
    return lambda machine, value: setattr(machine.network, name, value)


def _is_between(least: int, most: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, (int, float)) and least <= value <= most


def _is_one_of(names: Sequence[str]) -> Callable[[Any], bool]:
    return lambda value: value in names


def _is_selection(value: str) -> bool:
    item, _, units = value.partition(":")
    return item.isdigit() and units.isdigit()


_VMC_KINDS = {each.name: type(getattr(VmcSettings(), each.name)) for each in fields(VmcSettings)}
_VMC_KINDS["cancels_after_us"] = int


def _is_vmc(settings: dict[str, Any]) -> bool:
    return all(type(value) is _VMC_KINDS.get(name) for name, value in settings.items())


def _plain(line: str, do: Callable[[Machine], Any], who: str = WORLD) -> Action:
    """Return an action that takes nothing but `true`."""
    return Action(line, (bool,), lambda machine, _value: do(machine), who, takes="true", allows=bool)


def _method(line: str, do: Callable[[Machine, str], Any]) -> Action:
    """Return an action that waits for the next request of a method."""
    return Action(line, (str,), do, takes=" or ".join(METHODS), allows=_is_one_of(METHODS))


ACTIONS: dict[str, Action] = {
    "tap": Action(
        "hold a token to the reader",
        (str, dict),
        _tap,
        PERSON,
        needs_power=True,
        takes=TAKES,
        allows=is_token,
    ),
    "untap": _plain("take the tokens away", lambda machine: machine.untap(), PERSON),
    "press": Action("press a button, keys or ITEM:PRICE", (str, int), _press, PERSON, needs_power=True),
    "keys": Action(
        "press keys of the keypad",
        (str,),
        lambda machine, keys: machine.keys(keys),
        PERSON,
        needs_power=True,
        takes=f"keys of {KEYS}",
        allows=lambda keys: bool(keys) and all(key in KEYS for key in keys),
    ),
    "coin": Action(
        "drop a coin of so many cents into the slot",
        (int,),
        lambda machine, cents: {"accepted": machine.insert_coin(cents)},
        PERSON,
        needs_power=True,
        takes="a whole number of cents above 0",
        allows=lambda cents: cents > 0,
    ),
    "return_money": Action(
        "press the return lever of the vending machine",
        (bool,),
        _with_controller(lambda controller, _value: controller.return_money()),
        PERSON,
        takes="true",
        allows=bool,
    ),
    "pay_cash": Action(
        "buy ITEM:PRICE at the vending machine with coins",
        (str,),
        _with_controller(_pay_cash),
        PERSON,
        takes="ITEM:PRICE in units of the bus, 12:180",
        allows=_is_selection,
    ),
    "cash_top_up": Action(
        "put so many units of cash onto the token at the vending machine",
        (int,),
        _with_controller(lambda controller, units: controller.top_up(units)),
        PERSON,
        takes="units of the bus, 1 to 65535",
        allows=_is_between(1, 0xFFFF),
    ),
    "offline": _plain("unplug the network", lambda machine: machine.network.offline()),
    "online": _plain("plug the network in again", lambda machine: machine.network.online()),
    "stall": _plain("let the network swallow everything", lambda machine: machine.network.stall()),
    "drop_answer": _method(
        "lose the answer to the next request of a method",
        lambda machine, method: machine.network.drop_answer(method=method),
    ),
    "drop_request": _method(
        "lose the next request of a method",
        lambda machine, method: machine.network.drop_request(method=method),
    ),
    "answer_once": Action(
        "answer the next POST with this status, without asking the ledger",
        (int,),
        lambda machine, status: machine.network.answer_once(status, method="POST"),
        takes="a status of HTTP",
        allows=_is_between(200, 599),
    ),
    "latency_ms": Action(
        "let requests and answers take so long",
        (int,),
        _set_network("latency_ms"),
        takes=f"milliseconds, 0 to {LONGEST_LATENCY_MS}",
        allows=_is_between(0, LONGEST_LATENCY_MS),
    ),
    "packet_loss_percent": Action(
        "lose this share of requests and answers: the device hears nothing",
        (int,),
        _set_network("loss_percent"),
        takes="percent, 0 to 100",
        allows=_is_between(0, 100),
    ),
    "clock_forward_s": Action(
        "let the device's clock jump forward; what was due comes late",
        (int, float),
        lambda machine, seconds: machine.leap(seconds),
        takes=f"seconds, 0 to {LONGEST_LEAP_S}",
        allows=_is_between(0, LONGEST_LEAP_S),
    ),
    "cut_power": _plain("pull the plug", lambda machine: machine.cut_power()),
    "cut_power_when": Action(
        "let the power fail at an event",
        (str,),
        lambda machine, event: machine.cut_power_when(event),
        takes=f"one of {', '.join(EVENTS)}",
        allows=_is_one_of(EVENTS),
    ),
    "cut_power_at": Action(
        "let the power fail in the n-th flash operation from now",
        (int,),
        lambda machine, operation: machine.cut_power_at(operation),
        takes="a number from 1 on",
        allows=lambda operation: operation >= 1,
    ),
    "boot": _plain("plug in again", lambda machine: machine.boot()),
    "fault": Action(
        "let a part fail",
        (str,),
        faults.befall,
        needs_power=True,
        takes=f"one of {', '.join(faults.NAMES)}",
        allows=_is_one_of(faults.NAMES),
    ),
    "heal": Action(
        "let a part be well again",
        (str,),
        faults.heal,
        needs_power=True,
        takes=f"one of {', '.join((*faults.PARTS, faults.ALL))}",
        allows=_is_one_of((*faults.PARTS, faults.ALL)),
    ),
    "acceptor_power": Action(
        "switch the coin acceptor's supply",
        (bool,),
        lambda machine, is_on: machine.coin_acceptor.power(is_on),
        needs_power=True,
    ),
    "vmc": Action(
        "change how the vending machine's controller behaves",
        (dict,),
        _with_controller(_set_controller),
        takes=f"a table of {', '.join(_VMC_KINDS)}",
        allows=_is_vmc,
    ),
    "vmc_power": Action(
        "switch the vending machine's controller",
        (bool,),
        _with_controller(lambda controller, is_on: controller.power(is_on)),
    ),
}
