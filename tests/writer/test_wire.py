"""What goes between workers and writer arrives as it was sent."""

from __future__ import annotations

import pickle
import socket

import pytest

from ledger.foundation.errors import every_refusal
from ledger.writer.wire import ConnectionEnded, SocketInbox, packed


def test_every_refusal_survives_the_way_between_two_processes():
    for kind in every_refusal():
        made = kind("said so", fields={"amount": ["wrong"]}, balance_cents=7)
        came = pickle.loads(pickle.dumps(made))
        assert (type(came), came.message, came.fields, came.details) == (
            kind, "said so", {"amount": ["wrong"]}, {"balance_cents": 7},
        )  # fmt: skip


def test_messages_arrive_whole_however_they_are_cut():
    near, far = socket.socketpair()
    with near, far:
        inbox, sent = SocketInbox(far), packed({"a": "x" * 1000}) + packed([1, 2])
        for position in range(0, len(sent), 7):
            near.sendall(sent[position : position + 7])
        assert (inbox.wait(), inbox.wait(), inbox.take()) == ({"a": "x" * 1000}, [1, 2], None)
        near.close()
        with pytest.raises(ConnectionEnded):
            inbox.wait()
