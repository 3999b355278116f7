"""`/metrics` for Prometheus: what the processes have counted, and what the books say at this moment.

What is held is nobody's business: without TAPLEDGER_METRICS_TOKEN only this machine itself may ask, and
not through a proxy; with it, whoever brings the token.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Iterator

from flask import Flask, Response, request
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from ledger.domain.access.errors import CredentialRefused
from ledger.domain.books.queries import money_held
from ledger.foundation.errors import Forbidden, Unavailable
from ledger.instruments import REGISTRY
from ledger.service import Ledger
from ledger.storage.outbox import OutboxState, outbox
from ledger.web.dispatch import bearer_token, ledger
from ledger.web.origin import is_loopback

# A proxy on this machine is this machine's peer for whomever it serves; one of these gives it away.
_FORWARDING = ("X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Forwarded", "Via")


class MetricsForbidden(Forbidden):
    """The figures are asked for from elsewhere, and no token has been agreed on."""

    code = "metrics_forbidden"
    message = "The figures are told to this machine only; TAPLEDGER_METRICS_TOKEN opens them to others."


class BooksCollector(Collector):
    """Asks the books when they are scraped."""

    def __init__(self, books: Ledger) -> None:
        self._ledger = books

    def collect(self) -> Iterator[Metric]:
        """Yield what the books say; whether they answer at all comes first."""
        reached = GaugeMetricFamily("tapledger_database_up", "1 when the database answers, else 0.", value=1)
        try:
            held, waiting = self._ledger.read(money_held), self._ledger.read(outbox)
        except Unavailable:
            yield GaugeMetricFamily(reached.name, reached.documentation, value=0)
            return
        yield reached
        yield _money(held)
        yield from self._outbox(waiting)

    def _outbox(self, waiting: OutboxState) -> Iterator[Metric]:
        oldest_at, now = waiting.oldest_at, self._ledger.clock.now()
        age_s = max((now - oldest_at).total_seconds(), 0) if oldest_at else 0
        said = f"Events that wait for their delivery; counted up to {waiting.most}."
        yield GaugeMetricFamily("tapledger_outbox_events", said, value=waiting.length)
        said = "How long the oldest of them has been waiting; 0 when there is none."
        yield GaugeMetricFamily("tapledger_outbox_age_seconds", said, value=age_s)


def install(app: Flask) -> None:
    """Answer `/metrics`, in the format that the scraper asks for."""

    @app.get("/metrics")
    def metrics() -> Response:
        """Say every figure; refuses with CredentialRefused or MetricsForbidden."""
        _require_permitted(ledger().settings.metrics_token)
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        return Response(encode(_everything(ledger())), content_type=content_type)


def _require_permitted(token: str) -> None:
    if token and not hmac.compare_digest(bearer_token().encode(), token.encode()):
        raise CredentialRefused
    forwarded = any(name in request.headers for name in _FORWARDING)
    if not token and (forwarded or not is_loopback(request.remote_addr or "")):
        raise MetricsForbidden


def _everything(books: Ledger) -> CollectorRegistry:
    registry = CollectorRegistry()
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        MultiProcessCollector(registry)
    else:
        registry.register(REGISTRY)
    registry.register(BooksCollector(books))
    return registry


def _money(held: dict[str, int]) -> Metric:
    said = "What wallets hold together, in the currency's cents; an overdrawn wallet counts against it."
    money = GaugeMetricFamily("tapledger_money_held_cents", said, labels=["currency"])
    for currency, cents in sorted(held.items()):
        money.add_metric([currency], cents)
    return money
