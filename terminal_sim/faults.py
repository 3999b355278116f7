"""What can go wrong with the parts of a terminal, by name; the chips do it, here it is only asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from terminal_sim.chips.cctalk_acceptor import CcTalkAcceptor
from terminal_sim.chips.cctalk_faults import CcTalkFaults
from terminal_sim.chips.mdb_master import MasterFaults
from terminal_sim.chips.mfrc522 import MFRC522Chip

if TYPE_CHECKING:
    from terminal_sim.machine import Machine

ALL = "all"
_NOISE_S = 2.0
_SEED = 1


@dataclass(frozen=True)
class Fault:
    """A line for people, what befalls the chip, and whether it lasts until it is healed."""

    line: str
    befall: Callable[[Any], None]
    lasts: bool = False


def _set(name: str, value: int) -> Callable[[Any], None]:
    return lambda chip: setattr(chip.faults, name, value)


_READER = {
    "dead_bus": Fault("nothing on the reader's bus answers", _set("dead_bus", True), lasts=True),
    "never_ready": Fault("the reader obeys and is never ready", _set("never_ready", True), lasts=True),
    "garbage": Fault("the bus carries noise", lambda chip: chip.faults.garbage(_SEED), lasts=True),
    "brown_out": Fault("the reader's supply sinks for a moment", lambda chip: chip.brown_out()),
    "stale_answer": Fault("an old answer comes with the next", lambda chip: chip.faults.stale_reply()),
    "torn_answer": Fault("the next answer is cut off", lambda chip: chip.faults.torn_frame(7)),
    "wrong_checksum": Fault("the next checksum is wrong", lambda chip: chip.faults.wrong_dcs()),
    "tag_leaves": Fault("the token leaves in the next search", lambda chip: chip.faults.tag_leaves(8_000)),
}
_REGISTER_READER = _READER | {
    "stale_answer": Fault("an old answer comes with the next", lambda chip: chip.faults.stale_answer()),
    "torn_answer": Fault("the next answer is cut off", lambda chip: chip.faults.torn_answer(1)),
    "wrong_checksum": Fault("the next checksum is wrong", lambda chip: chip.faults.wrong_crc()),
    "tag_leaves": Fault("the token leaves in the next search", lambda chip: chip.faults.tag_leaves(2)),
}
_PULSES = {
    "jam": Fault("a coin sticks in the chute and holds the line", lambda chip: chip.stick(), lasts=True),
    "pulse_too_many": Fault("the next coin gives a pulse too many", _set("extra_pulses", 1)),
    "pulse_too_few": Fault("the next coin gives a pulse too few", _set("extra_pulses", -1)),
    "short_pulse": Fault("the next pulse is too short", lambda chip: chip.faults.pulse_width(25_000)),
    "bounce": Fault("the contact bounces in the next five pulses", _set("bouncing_pulses", 5)),
    "noise": Fault("a motor disturbs the coin line", lambda chip: chip.noise(pulses=20)),
}
_CCTALK = {
    "jam": Fault("a coin sticks and holds the line", _set("is_stuck", True), lasts=True),
    "mute": Fault("the acceptor lives and says nothing", _set("is_mute", True), lasts=True),
    "lost_byte": Fault("a byte of the next answer is lost", _set("lost_bytes", 1)),
    "wrong_checksum": Fault("the next answer's checksum is wrong", _set("wrong_checksums", 1)),
    "collision": Fault("the next command collides", _set("collisions", 1)),
    "noise": Fault("a motor disturbs the line for two seconds", lambda chip: chip.make_noise(_NOISE_S)),
    "reset": Fault("the acceptor starts again by itself", lambda chip: chip.reset()),
}
_BUS = {
    "lost_ack": Fault("the next ACK to the device is lost", _set("lost_acks", 1)),
    "unheard": Fault("the device's next answer is not heard", _set("unheard", 1)),
    "asked_again": Fault("the next answer is asked for again", _set("asked_again", 1)),
    "wrong_checksum": Fault("the next command's checksum is wrong", _set("spoilt", 1)),
}
_OF_PARTS = {"reader": (_READER, _REGISTER_READER), "coins": (_PULSES, _CCTALK), "bus": (_BUS,)}
PARTS = tuple(_OF_PARTS)
# As they are asked for: reader.dead_bus.
NAMES = sorted({f"{part}.{name}" for part, kinds in _OF_PARTS.items() for kind in kinds for name in kind})


def faults_of(machine: Machine) -> dict[str, Fault]:
    """Return by its name what can go wrong with a terminal that has power."""
    return {
        f"{part}.{name}": fault
        for part, (_chip, faults) in _parts(machine).items()
        for name, fault in faults.items()
    }


def befall(machine: Machine, name: str) -> None:
    """Let a fault of NAMES befall a terminal that has power; ValueError when it has no such part."""
    part, _, fault = name.partition(".")
    chip, faults = _parts(machine).get(part, (None, {}))
    if fault not in faults:
        raise ValueError(f"{machine.name} cannot have {name!r}; it can have {', '.join(faults_of(machine))}")
    faults[fault].befall(chip)


def heal(machine: Machine, part: str = ALL) -> None:
    """Let a part of PARTS, or all of a terminal that has power, be well again."""
    for name, (chip, _faults) in _parts(machine).items():
        if part in (ALL, name):
            _HEALERS[name](chip)


def _parts(machine: Machine) -> dict[str, tuple[Any, dict[str, Fault]]]:
    """Return by name the chips that can fail, and their faults."""
    is_register = isinstance(machine.reader, MFRC522Chip)
    parts: dict[str, tuple[Any, dict[str, Fault]]] = {
        "reader": (machine.reader, _REGISTER_READER if is_register else _READER)
    }
    if machine.config["device"] == "coin_station":
        coins = machine.coin_acceptor
        parts["coins"] = (coins, _CCTALK if isinstance(coins, CcTalkAcceptor) else _PULSES)
    if machine.vmc is not None:
        parts["bus"] = (machine.vmc.master, _BUS)
    return parts


def _heal_coins(acceptor: Any) -> None:
    if isinstance(acceptor, CcTalkAcceptor):
        acceptor.faults = CcTalkFaults()
    else:
        acceptor.faults.clear()
        acceptor.unstick()


def _heal_bus(master: Any) -> None:
    master.faults = MasterFaults()


_HEALERS: dict[str, Callable[[Any], None]] = {
    "reader": lambda chip: chip.faults.clear(),
    "coins": _heal_coins,
    "bus": _heal_bus,
}
