"""One walk down a street: so many cuts, all of them drawn from one seed."""

from __future__ import annotations

import os
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from benchmarks.debits import SECRET_KEY
from benchmarks.power_cuts.coins import cut_a_coin, cut_a_counted_coin, cut_a_settlement
from benchmarks.power_cuts.sales import cut_a_purchase, cut_a_revalue, cut_a_vend, cut_offline_sales
from benchmarks.power_cuts.street import Street, Unfair
from benchmarks.power_cuts.updates import cut_an_update
from benchmarks.servers import ledger_server
from ledger.domain.audit.queries import audit
from ledger.service import Ledger
from ledger.settings import Settings
from ledger.storage.database import open_database
from ledger.storage.schema import upgrade
from terminal_sim import Bench
from terminal_sim.machine import Machine, NotSeen

# What is cut, and on which device.
SCENES: dict[str, tuple[Callable[[Street, Machine], str], str]] = {
    "purchase": (cut_a_purchase, "coffee_machine"),
    "offline": (cut_offline_sales, "granted_machine"),
    "vend": (cut_a_vend, "vending_machine"),
    "revalue": (cut_a_revalue, "vending_machine"),
    "coin": (cut_a_coin, "coin_station"),
    "counted_coin": (cut_a_counted_coin, "cctalk_station"),
    "settlement": (cut_a_settlement, "coin_station"),
    "update": (cut_an_update, "updating_machine"),
}


@dataclass
class Came:
    """What came of a walk: each scene's outcomes, what the power failed at, and what was unfair."""

    seed: int
    outcomes: Counter = field(default_factory=Counter)
    cuts: Counter = field(default_factory=Counter)
    unfair: str = ""


def walk(seed: int, cuts: int, scenes: tuple[str, ...], told: Callable[[int], None]) -> Came:
    """Cut so often and look back at the end; `told` hears after each visit how often it has cut so far."""
    came = Came(seed)
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "TAPLEDGER_DATABASE_URL": f"sqlite:///{folder}/books.db",
            "TAPLEDGER_SECRET_KEY": SECRET_KEY,
        }
        settings = Settings.from_environment()
        database = open_database(settings.database_url)
        upgrade(database.engine)
        ledger = Ledger(database, settings)
        with ledger_server(1) as (port, _), Bench(seed=seed) as bench:
            street = Street(ledger, bench, f"http://127.0.0.1:{port}", Path(folder))
            came.cuts = street.cuts
            came.unfair = _visit(street, came, cuts, scenes, told)
        if not all(proof.holds for proof in ledger.read(audit)):
            came.unfair += "THE BOOKS DO NOT HOLD"
        database.close()
    return came


def _visit(
    street: Street, came: Came, cuts: int, scenes: tuple[str, ...], told: Callable[[int], None]
) -> str:
    name, number, order = "", 0, []
    try:
        while street.cuts.total() < cuts:
            street.draw = Random(f"{came.seed} {number}")
            if not (turn := number % len(scenes)):
                # Each scene comes once before any of them comes again.
                order = street.draw.sample(scenes, len(scenes))
            name, number = order[turn], number + 1
            scene, device = SCENES[name]
            came.outcomes[name, scene(street, street.machine(device))] += 1
            told(street.cuts.total())
        name = "look back"
        street.look_back()
    except (Unfair, NotSeen) as error:
        return f"visit {number}, {name}: {error}"
    except Exception:
        return f"visit {number}, {name}: {traceback.format_exc()}"
    return ""
