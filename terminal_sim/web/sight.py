"""What there is to see and hear of a terminal, looked at again and again without disturbing it."""

from __future__ import annotations

from typing import Any

from terminal_sim.chips.ssd1306 import Ssd1306
from terminal_sim.faults import ALL, faults_of
from terminal_sim.machine import Machine
from terminal_sim.parts.network import Request

# What a person reads on a page; everything is in a recording or in the ledger.
SHOWN_REQUESTS, SHOWN_LINES, KEPT_TONES = 40, 80, 12
MEASURE_EVERY_S = 1.0
ROW_BYTES = 16


class Sight:
    """Looks at one machine; only its own thread may."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._panel: tuple[Ssd1306 | None, int] = (None, 0)
        self._picture: tuple[list[str], list[str]] = ([], [])
        self._lasting: tuple[Any, list[str]] = (None, [])
        self._was_powered = False
        self._measured_s = -MEASURE_EVERY_S
        self._memory_bytes: int | None = None
        self._journal: int | None = None

    def note_fault(self, action: str, value: Any) -> None:
        """Remember a fault that lasts until its part is healed, or until the parts start anew."""
        faults = self._faults()
        if action == "heal":
            faults = [each for each in faults if not _is_of(each, value)]
        elif action == "fault" and faults_of(self._machine)[value].lasts:
            faults = sorted({*faults, value})
        self._lasting = (self._machine.device.board, faults)

    def look(self) -> dict[str, Any]:
        """Return everything, as plain values; times are the terminal's own."""
        machine = self._machine
        self._measure()
        lines, pixels = self._display()
        return {
            "device": machine.config["device"],
            "seconds": int(machine.seconds),
            "powered": machine.is_powered,
            "lines": lines,
            "pixels": pixels,
            "lit": machine.is_powered and getattr(machine.device.board.display, "backlight", True),
            "on_reader": [card.uid.hex().upper() for card in machine.hand.tokens],
            "relay_closed": machine.is_powered and machine.device.board.relay.closed,
            "relay_closures": machine.relay_closures,
            "cups": machine.cups,
            "brewing": machine.brewer.brewing,
            "brewed_percent": machine.brewer.brewed_percent,
            "faults": self._faults(),
            **self._coins(),
            **self._vending(),
            **self._network(),
            "tones": self._tones(),
            "sounding": machine.is_powered and machine.buzzer.is_sounding,
            "console": machine.console[-SHOWN_LINES:],
            "memory_bytes": self._memory_bytes,
            "journal": self._journal,
        }

    def _faults(self) -> list[str]:
        board, faults = self._lasting
        return faults if board is not None and board is self._machine.device.board else []

    def _measure(self) -> None:
        machine = self._machine
        is_due = machine.is_powered and machine.seconds - self._measured_s >= MEASURE_EVERY_S
        if not is_due and machine.is_powered == self._was_powered:
            return
        self._was_powered, self._measured_s = machine.is_powered, machine.seconds
        self._memory_bytes = machine.live_set_bytes() if machine.is_powered else None
        # The flash keeps it without power, and a cut is when people look at it.
        self._journal = len(machine.open_records)

    def _display(self) -> tuple[list[str], list[str] | None]:
        machine = self._machine
        panel = machine.device.board.display if machine.is_powered else None
        if not isinstance(panel, Ssd1306):
            return machine.display, None
        # Eight thousand pixels take their time: they are looked at when something was written.
        if (panel, panel.transfers) != self._panel:
            self._panel = (panel, panel.transfers)
            self._picture = (panel.lines(), [_packed(row) for row in panel.picture()])
        return self._picture

    def _coins(self) -> dict[str, Any]:
        coins = self._machine.coin_acceptor if self._machine.is_powered else None
        return {
            "slot_open": coins is not None and not coins.inhibited,
            "coin_falling": self._machine.is_coin_falling,
        }

    def _vending(self) -> dict[str, Any]:
        vmc = self._machine.vmc
        if vmc is None:
            return {}
        return {
            "vending_ready": vmc.is_enabled,
            "in_session": vmc.in_session,
            "asking": vmc.is_asking,
            "credit_units": vmc.credit_units,
            "sold": [item for item, _ in vmc.sold],
            "failed": len(vmc.failed),
            "denied": len(vmc.denied),
        }

    def _network(self) -> dict[str, Any]:
        network = self._machine.network
        return {
            "online": network.is_online,
            "stalled": network.is_stalled,
            "latency_ms": network.latency_ms,
            "loss_percent": network.loss_percent,
            "requests": [_told(request) for request in network.requests[-SHOWN_REQUESTS:]],
            "request_count": len(network.requests),
        }

    def _tones(self) -> list[list[int]]:
        """Return the latest tones that have ended: start in ms of the terminal, hertz, duration in ms."""
        tones = self._machine.buzzer.tones if self._machine.is_powered else []
        ended = [tone for tone in tones[-KEPT_TONES - 1 :] if tone.duration_us is not None]
        return [[tone.start_us // 1000, tone.hertz, tone.duration_us // 1000] for tone in ended[-KEPT_TONES:]]


def _is_of(fault: str, part: str) -> bool:
    return part == ALL or fault.startswith(f"{part}.")


def _packed(row: str) -> str:
    return f"{int(row.replace('#', '1').replace(' ', '0'), 2):0{2 * ROW_BYTES}x}"


def _told(request: Request) -> dict[str, Any]:
    return {
        "at_ms": request.at_us // 1000,
        "method": request.method,
        "path": request.path,
        "status": request.status,
        "ledger_status": request.ledger_status,
        "fate": request.fate.value,
        "took_ms": None if request.heard_us is None else (request.heard_us - request.at_us) // 1000,
    }
