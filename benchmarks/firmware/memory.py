"""The memory of each device: what it keeps, and the garbage of its largest step."""

from __future__ import annotations

import json
from binascii import crc32
from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks.firmware.promises import shown
from benchmarks.firmware.stand import PRICE_CENTS, TOKEN, Stand
from terminal_sim.machine import Machine

MOST_BYTES = 96 * 1024
REMARKABLE = 32
LONGEST_NAME = "n" * 64


@dataclass(frozen=True)
class Scene:
    """One device, what a person does there, and what its journal holds when it is full."""

    name: str
    device: str
    serve: Callable[[Machine], None]
    kind: str
    open_records: int
    config: dict[str, object] = field(default_factory=dict)


def _buy_coffee(machine: Machine) -> None:
    machine.wait_display("Choose a drink")
    machine.press("espresso")
    machine.tap(TOKEN)
    machine.wait_display("Enjoy")


def _insert_a_coin(machine: Machine) -> None:
    machine.wait_display("Hold your token")
    machine.tap(TOKEN)
    machine.wait_display("Insert coins")
    machine.run_for(3)
    machine.wait_until(lambda: machine.insert_coin(50))
    machine.wait_display("0.50 EUR credited")


def _top_up(machine: Machine) -> None:
    machine.wait_display("Amount and # to top up")
    machine.keys("500#")
    machine.tap(TOKEN)
    machine.wait_display("5.00 EUR booked")


def _vend(machine: Machine) -> None:
    machine.wait_display("Hold your token, then choose")
    machine.tap(TOKEN)
    machine.wait_until(lambda: machine.vmc.in_session)
    machine.vmc.choose(7, PRICE_CENTS)
    machine.wait_display("Item 7: enjoy!")


SCENES = (
    Scene("coffee machine", "coffee_machine", _buy_coffee, "vend", 32, {"buttons": ["espresso"]}),
    Scene("coin station, pulses", "coin_station", _insert_a_coin, "coin", 36),
    Scene("coin station, ccTalk", "coin_station", _insert_a_coin, "coin", 36, {"coin_acceptor": "cctalk"}),
    Scene("NFC terminal", "nfc_terminal", _top_up, "top_up", 32),
    Scene("vending machine", "vending_machine", _vend, "vend", 8),
)


def live_sets(stand: Stand) -> bool:
    """Print what each device keeps on its heap, idle and with a full journal; returns whether it has room.

    The program is on the flash as text, as it is copied by cable: compiled or frozen into the image it
    takes less. The garbage of the start is that of one step here; a board collects within it.
    """
    print("the live set of each device, and the garbage of its largest step")
    kept = [_live_set(stand, scene) for scene in SCENES]
    return all(kept)


def _live_set(stand: Stand, scene: Scene) -> bool:
    name = scene.name.lower().replace(",", "").replace(" ", "_")
    machine = stand.terminal(scene.device, name, **scene.config)
    machine.run_for(30)
    kept = [shown(f"{scene.name}: idle", machine.live_set_bytes(), "B", MOST_BYTES)]
    machine.device.vm.weigh_steps()
    scene.serve(machine)
    step = machine.device.vm.weigh_steps()
    asked = ", ".join(f"{count} {question}" for question, count in sorted(step.asked.items()))
    machine.untap()
    machine.cut_power()
    machine.network.offline()
    machine.device.files().write("/state/journal", full_journal(scene.kind, scene.open_records))
    machine.boot()
    machine.run_for(40)
    if not any("32 remarkable records" in line for line in machine.console):
        raise RuntimeError(f"the journal was not read:\n{machine.report()}")
    full = f"{scene.name}: {scene.open_records} open records"
    kept.append(shown(full, machine.live_set_bytes(), "B", MOST_BYTES))
    print(f"  {f'{scene.name}: garbage, serving':<44}{step.garbage_bytes:>9,} B  (asks {asked or 'nothing'})")
    return all(kept)


def full_journal(kind: str, open_records: int) -> bytes:
    """Return a journal with as many remarkable and open records as a device keeps, with long names."""
    lines = []
    for number in range(1, REMARKABLE + open_records + 1):
        text = LONGEST_NAME if kind == "vend" else "Top-up"
        key = f"a1b2c3d4-12-{number}"
        lines.append(_line(["intent", number, key, kind, TOKEN, PRICE_CENTS, None, text]))
        if number <= REMARKABLE:
            lines.append(_line(["vended", number, "power failed during delivery"]))
    return b"".join(lines)


def _line(fields: list[object]) -> bytes:
    body = json.dumps(fields, separators=(",", ":")).encode()
    return b"%08x %s\n" % (crc32(body), body)
