"""What an evening came to, for people and for programs."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from math import ceil
from typing import Any

from terminal_sim.fleet.evening import Outcome
from terminal_sim.fleet.premises import Audit

_SHARES = {"p50": 0.50, "p95": 0.95, "p99": 0.99, "max": 1.0}
_NAMED = 10


@dataclass(frozen=True)
class Report:
    """An evening, and the ledger's own audit of it; None where that could not be asked for."""

    outcome: Outcome
    audit: Audit | None
    seed: int

    @property
    def holds(self) -> bool:
        """Tell whether the books are what was told, every fate is known, and all who came were served."""
        outcome = self.outcome
        is_over = outcome.done == outcome.planned or outcome.is_cut_short
        is_whole = not (outcome.differences or outcome.account.unsettled or outcome.failures)
        return is_over and is_whole and (self.audit is None or self.audit.holds)

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON; amounts are cents."""
        outcome, account = self.outcome, self.outcome.account
        times_ms = percentiles(account.latencies_ms)
        return {
            "terminals": outcome.terminals,
            "devices": outcome.devices,
            "seed": self.seed,
            "taps": {"planned": outcome.planned, "done": outcome.done, "missed": outcome.missed},
            "cut_short": outcome.is_cut_short,
            "seconds": round(outcome.seconds, 3),
            "requests": account.requests,
            "requests_per_second": round(_per_second(account.requests, outcome.seconds), 1),
            "latency_ms": {name: round(value, 1) for name, value in times_ms.items()},
            "refusals": dict(account.refusals.most_common()),
            "troubles": dict(account.troubles.most_common()),
            "unanswered": account.unanswered,
            "unsent": account.unsent,
            "repeats": account.repeats,
            "unknown": {"met": len(account.doubtful), "left": len(account.unsettled)},
            "booked": _booked(outcome),
            "failures": outcome.failures,
            "differences": [asdict(each) for each in outcome.differences],
            "audit": None if self.audit is None else asdict(self.audit),
            "holds": self.holds,
        }

    def text(self) -> str:
        """Return it for people."""
        return "\n".join([*self._evening(), *self._requests(), *self._verdict()])

    def _evening(self) -> list[str]:
        outcome = self.outcome
        light = outcome.terminals - outcome.devices
        rate = _per_second(outcome.done, outcome.seconds) * 60
        cut = "" if outcome.done == outcome.planned else f" of {outcome.planned}"
        cut += ", ended early" if outcome.is_cut_short else ""
        lines = [
            f"{outcome.terminals} terminals ({outcome.devices} with the real firmware, {light} light), "
            f"{outcome.tokens} guests, seed {self.seed}",
            _line("taps", f"{outcome.done}{cut} in {outcome.seconds:.1f} s, {rate:.0f} a minute"),
        ]
        if outcome.missed:
            lines.append(
                _line(
                    "unserved",
                    f"{outcome.missed} at devices: no connection there, or this machine is too busy",
                )
            )
        return lines

    def _requests(self) -> list[str]:
        account = self.outcome.account
        times = "  ".join(f"{name} {ms:.1f} ms" for name, ms in percentiles(account.latencies_ms).items())
        booked = _booked(self.outcome)
        per_second = _per_second(account.requests, self.outcome.seconds)
        doubtful, left = len(account.doubtful), len(account.unsettled)
        return [
            _line("requests", f"{account.requests}, {per_second:.1f} a second"),
            _line("answered in", times or "none was answered"),
            _line("booked", f"{booked['debits']} sales of {_money(booked['debited_cents'])}"),
            _line("", f"{booked['credits']} top-ups of {_money(booked['credited_cents'])}"),
            _line("refused", _counted(account.refusals)),
            *([_line("in trouble", _counted(account.troubles))] if account.troubles else []),
            _line(
                "unanswered", f"{account.unanswered}; {account.repeats} were asked again with the same key"
            ),
            *([_line("not sent", f"{account.unsent}: no connection")] if account.unsent else []),
            _line("not known", f"{doubtful} for a while, {left} in the end"),
            _line("given back", f"{booked['voided']} sales that stayed unknown for too long"),
        ]

    def _verdict(self) -> list[str]:
        outcome = self.outcome
        lines = [f"{name} failed: {why}" for name, why in outcome.failures.items()]
        lines += [
            f"the fate of {each.key} ({each.cents} cents of {each.token}) at {each.terminal} is not known"
            for each in outcome.account.unsettled[:_NAMED]
        ]
        for each in outcome.differences[:_NAMED]:
            lines.append(
                f"{each.token}: the ledger says {each.found_cents} cents, its terminals were told of "
                f"{each.expected_cents}"
            )
        if outcome.differences:
            lines.append(f"{len(outcome.differences)} balances are NOT what the terminals were told")
        else:
            lines.append("every balance is what its terminals were told")
        if self.audit is None:
            return [*lines, "the ledger's own audit was not asked: its books are not on this machine"]
        lines.extend(self.audit.findings[:_NAMED])
        verdict = "holds" if self.audit.holds else "does NOT hold"
        told = sum(1 for each in outcome.account.postings.values() if each.told)
        return [*lines, f"the ledger's audit {verdict}; it looked for {told} receipts"]


def percentiles(latencies_ms: list[float]) -> dict[str, float]:
    """Return p50, p95, p99 and max; nothing without a latency."""
    ordered = sorted(latencies_ms)
    return {name: ordered[ceil(len(ordered) * share) - 1] for name, share in _SHARES.items() if ordered}


def _booked(outcome: Outcome) -> dict[str, int]:
    postings = list(outcome.account.postings.values())
    moved = [each.booked_cents for each in postings]
    debits, credits = [cents for cents in moved if cents < 0], [cents for cents in moved if cents > 0]
    return {
        "debits": len(debits),
        "debited_cents": -sum(debits),
        "credits": len(credits),
        "credited_cents": sum(credits),
        "voided": sum(1 for each in postings if each.is_void),
    }


def _per_second(count: int, seconds: float) -> float:
    return count / seconds if seconds else 0.0


def _money(cents: int) -> str:
    return f"{cents // 100:,}.{cents % 100:02}"


def _counted(counter: Counter[str]) -> str:
    if not counter:
        return "0"
    return f"{counter.total()}: " + ", ".join(f"{name} {count}" for name, count in counter.most_common())


def _line(name: str, text: str) -> str:
    return f"  {name:<12} {text}"
