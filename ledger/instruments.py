"""The process's own figures: what is counted where it happens, and read at /metrics.

Every floor may set them. Under `tapledger serve` they are files of a private folder in which the
figures of all workers are added up (prometheus-client's multiprocess mode); elsewhere they are this
process's alone. No label may hold what a caller made up: each of its values lives as long as the server.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

# Since when a figure exists would double the answer, and is not known of the workers together.
disable_created_metrics()
REGISTRY = CollectorRegistry()
# From a balance that is read to a writer that has waited for its turn as long as it may.
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

REQUESTS = Histogram(
    "tapledger_request_seconds",
    "How long requests took to be answered, by route and status.",
    ("method", "route", "status"),
    buckets=_SECONDS,
    registry=REGISTRY,
)
REQUESTS_IN_FLIGHT = Gauge(
    "tapledger_requests_in_flight",
    "Requests that are being answered at this moment.",
    multiprocess_mode="livesum",
    registry=REGISTRY,
)
REFUSALS = Counter(
    "tapledger_refusals",
    "Requests that were refused, by the dialect that said so and the code of the refusal.",
    ("dialect", "code"),
    registry=REGISTRY,
)
EVENTS = Counter(
    "tapledger_events",
    "What was booked or changed, by the name of its event; each posting is one event.",
    ("event",),
    registry=REGISTRY,
)
# Looking a figure up by its labels costs as much as setting it.
_of_event = cache(EVENTS.labels)
QUEUE_DEPTH = Gauge(
    "tapledger_writer_queue_depth",
    "Commands that wait for the writer, where there is one.",
    multiprocess_mode="livesum",
    registry=REGISTRY,
)


def count_events(names: Iterable[str]) -> None:
    """Count what was booked or changed, by the names of its events."""
    for name in names:
        _of_event(name).inc()
