"""kill -9 under load: nothing that was answered is lost, and nothing is booked twice."""

from __future__ import annotations

import time

import pytest

from benchmarks.faults.console import quiet
from benchmarks.faults.customers import Customers
from benchmarks.faults.kills import slaughter
from benchmarks.faults.receipts import CREATED, Receipt, findings
from benchmarks.faults.server import MASTER, WORKER, WRITER, Server, kill, serving, wait_for_end
from benchmarks.faults.shop import furnish, shop_on
from ledger.writer.messages import WORK_S
from tests.conftest import BOTH_DATABASES


@pytest.mark.parametrize("database", BOTH_DATABASES)
def test_processes_killed_under_load_lose_and_double_nothing(database):
    came = slaughter(database, 4, seed=3, say=quiet)
    assert came.findings == []
    assert came.killed.total() == 4
    assert len(came.killed) > 1
    assert came.statuses[CREATED] > 20


def test_a_worker_that_starts_while_the_database_is_away_waits_for_it():
    with shop_on("postgresql") as (shop, cluster), serving(shop.environment, workers=1) as server:
        with Customers(shop, lambda: server.port, connections=1) as customers:
            customers.wait_for(1)
            cluster.kill()
            kill(next(pid for pid, role in server.children().items() if role == WORKER))
            while "it waits" not in server.log:
                time.sleep(0.05)
            cluster.start()
            customers.wait_for(1)
        assert findings(shop, customers.receipts) == []


def test_workers_whose_master_and_writer_are_gone_wait_for_no_answer_and_end(tmp_path):
    shop = furnish(f"sqlite:///{tmp_path}/books.db")
    with serving(shop.environment, workers=1) as server:
        with Customers(shop, lambda: server.port, connections=4) as customers:
            customers.wait_for(4)
            kill(next(pid for pid, role in server.children().items() if role == WRITER))
            orphans, killed_at_s = server.kill_master(), time.monotonic()
            wait_for_end(orphans)
            assert time.monotonic() - killed_at_s < WORK_S, "somebody waited for an answer that cannot come"
            server = Server(shop.environment, workers=1)
        server.stop()
    assert findings(shop, customers.receipts) == []


def test_the_processes_of_a_server_are_known_by_what_they_are(tmp_path):
    shop = furnish(f"sqlite:///{tmp_path}/books.db")
    with serving(shop.environment, workers=3) as server:
        with Customers(shop, lambda: server.port, connections=1) as customers:
            customers.wait_for(1)
        roles = list(server.processes().values())
        assert roles.count(MASTER) == 1
        assert roles.count(WRITER) == 1
        assert roles.count(WORKER) >= 3


def test_receipts_that_the_books_contradict_are_found(tmp_path):
    shop = furnish(f"sqlite:///{tmp_path}/books.db")
    with serving(shop.environment, workers=1) as server, Customers(shop, lambda: server.port) as customers:
        customers.wait_for(4)
    receipts = customers.receipts
    assert findings(shop, receipts) == []
    token_id = receipts[0].token_id
    assert any("nobody asked" in said for said in findings(shop, receipts[1:]))
    never_booked = Receipt("tap-x", token_id, 1, [CREATED])
    assert any("is not in the books" in said for said in findings(shop, [*receipts, never_booked]))
    receipts[0].amount_cents += 1
    assert any("another amount" in said for said in findings(shop, receipts))
    receipts[0].amount_cents -= 1
    receipts[1].balance_cents += 1
    assert any("was told the balance" in said for said in findings(shop, receipts))
