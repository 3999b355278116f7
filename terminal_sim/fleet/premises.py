"""Where a fleet's terminals and guests come from: a file, or the `tapledger` command on this machine."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from terminal_sim.control import Refused

_AN_EXAMPLE = '{"terminals": {"bar-1": "its api_token"}, "tokens": ["04A2246B7E1190"]}'


@dataclass(frozen=True)
class Premises:
    """The terminals' api_tokens by their ids, the guests' tokens, and those of them that are blocked."""

    api_tokens: dict[str, str]
    tokens: tuple[str, ...]
    blocked: tuple[str, ...] = ()


def read_premises(path: Path) -> Premises:
    """Read them from a file, as `tapledger db fleet-data --json` prints it; raises Refused."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Refused(f"{path} cannot be read as JSON: {error}") from None
    return _premises(data, str(path))


def prepare(terminals: int, guests: int, *, is_mixed: bool) -> Premises:
    """Have them made in the books of TAPLEDGER_DATABASE_URL; Refused in the words of the command."""
    words = ["db", "fleet-data", "--terminals", str(terminals), "--guests", str(guests), "--json"]
    ended = _tapledger(*words, *(["--yes"] if is_mixed else []))
    if ended.returncode != 0:
        raise Refused(_last_line(ended))
    return _premises(json.loads(ended.stdout), "tapledger db fleet-data")


@dataclass(frozen=True)
class Audit:
    """What `tapledger audit` says of the books and of what the terminals were told."""

    holds: bool
    findings: tuple[str, ...]


def audit(receipts: list[str]) -> Audit:
    """Have the books of TAPLEDGER_DATABASE_URL proven, and each receipt looked for in them."""
    with tempfile.TemporaryDirectory(prefix="fleet-") as folder:
        path = Path(folder, "receipts.jsonl")
        path.write_text("".join(f"{line}\n" for line in receipts), encoding="utf-8")
        ended = _tapledger("audit", "--receipts", str(path), "--json")
    try:
        proofs = json.loads(ended.stdout)
    except ValueError:
        return Audit(False, (_last_line(ended),))
    found = tuple(f"{proof['invariant']}: {finding}" for proof in proofs for finding in proof["findings"])
    return Audit(ended.returncode == 0, found)


def _premises(data: Any, source: str) -> Premises:
    terminals = data.get("terminals") if isinstance(data, dict) else None
    tokens = data.get("tokens") if isinstance(data, dict) else None
    if not _is_words(terminals, dict) or not _is_words(tokens, list):
        raise Refused(f"{source} has no terminals and tokens: it should look like {_AN_EXAMPLE}")
    blocked = data.get("blocked", [])
    if blocked and not _is_words(blocked, list):
        raise Refused(f'{source}: "blocked" is no list of tokens')
    return Premises(terminals, tuple(tokens), tuple(blocked))


def _is_words(value: Any, kind: type) -> bool:
    if not isinstance(value, kind) or not value:
        return False
    words = [*value.values()] if isinstance(value, dict) else value
    return all(isinstance(word, str) and word for word in words)


def _tapledger(*words: str) -> subprocess.CompletedProcess[str]:
    """Run the command beside this Python, or the one that the shell would find."""
    beside = Path(sys.executable).parent / "tapledger"
    command = str(beside) if beside.is_file() else shutil.which("tapledger")
    if command is None:
        raise Refused("the `tapledger` command is not installed here: use --tokens-file")
    return subprocess.run([command, *words], capture_output=True, text=True, check=False)


def _last_line(ended: subprocess.CompletedProcess[str]) -> str:
    lines = ended.stderr.strip().splitlines() or [f"tapledger ended with status {ended.returncode}"]
    return lines[-1].removeprefix("tapledger: ")
