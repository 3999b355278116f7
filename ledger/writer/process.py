"""The writer: takes what its askers send, books it in groups, and answers when it is on the disk."""

from __future__ import annotations

import os
import pickle
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from ledger.storage.command import Outcome, Request
from ledger.storage.runner import Runner
from ledger.writer.messages import PATIENCE_S, Ask, WriterBusy
from ledger.writer.wire import ConnectionEnded, SocketInbox, packed

# Larger groups save nothing more at the disk and let the first of them wait for the last.
GROUP_SIZE = 64
_WAKE_S = 1.0
_ANSWER_S = 2.0


class Writer:
    """Books for its askers, as long as its parent lives or somebody is connected."""

    def __init__(
        self, runner: Runner, listener: socket.socket, *, tell_depth: Callable[[int], Any] | None = None
    ) -> None:
        self._runner = runner
        self._tell_depth = tell_depth or (lambda depth: None)
        self._listener = listener
        self._parent = os.getppid()
        self._is_stopping = False
        self._waiting: deque[_Question] = deque()
        self._wake, self._woken = socket.socketpair()
        self._askers = selectors.DefaultSelector()
        self._askers.register(listener, selectors.EVENT_READ)
        self._askers.register(self._woken, selectors.EVENT_READ)

    def serve(self) -> None:
        """Book until it is stopped or its parent is gone; whoever is connected then is still served."""
        while not self._is_done():
            for key, _ in self._askers.select(_WAKE_S):
                if key.fileobj is self._listener:
                    self._accept()
                elif key.fileobj is self._woken:
                    self._woken.recv(1)
                else:
                    self._hear(key.fileobj, key.data)
            while self._waiting:
                self._tell_depth(len(self._waiting))
                self._work()
                self._tell_depth(len(self._waiting))
        for ours in (self._askers, self._wake, self._woken):
            ours.close()

    def stop(self) -> None:
        """End when nobody is connected any more."""
        self._is_stopping = True
        # The loop may have seen it already, and be gone.
        with suppress(OSError):
            self._wake.send(b"!")

    def _is_done(self) -> bool:
        is_unwanted = self._is_stopping or os.getppid() != self._parent
        return is_unwanted and len(self._askers.get_map()) == 2

    def _accept(self) -> None:
        connection, _ = self._listener.accept()
        # A worker that was stopped in mid-answer must not stop everybody else.
        connection.settimeout(_ANSWER_S)
        self._askers.register(connection, selectors.EVENT_READ, SocketInbox(connection))

    def _hear(self, connection: socket.socket, inbox: SocketInbox) -> None:
        try:
            inbox.receive()
        except (OSError, ConnectionEnded):
            self._askers.unregister(connection)
            connection.close()
            return
        while (asks := inbox.take()) is not None:
            self._waiting.extend(_Question(connection, *numbered) for numbered in asks)

    def _work(self) -> None:
        """Book the first that waits, together with all that may share a transaction with it."""
        group = []
        while self._waiting and len(group) < GROUP_SIZE and (not group or _shares(self._waiting[0].ask)):
            question = self._waiting.popleft()
            ask = question.ask
            if time.monotonic() - ask.asked_at_s > PATIENCE_S:
                refusal = [WriterBusy()] * len(ask.requests) if ask.is_batch else WriterBusy()
                _answer([question], [refusal])
                continue
            group.append(question)
            if not _shares(ask):
                break
        if group:
            _answer(group, self._booked(group))

    def _booked(self, group: list[_Question]) -> list[Any]:
        ask = group[0].ask
        if ask.is_batch:
            return [self._together(ask.requests)]
        if not _shares(ask):
            return [self._alone(ask)]
        return self._together([question.ask.requests[0] for question in group])

    def _together(self, requests: Sequence[Request]) -> list[Outcome | Exception]:
        try:
            return self._runner.run_together(requests)
        except Exception as error:
            # A mistake of ours is told to those whom it meets, and is not the end of everybody's writer.
            return [error] * len(requests)

    def _alone(self, ask: Ask) -> Outcome | Exception:
        try:
            return self._runner.run_alone(ask.requests[0], dry_run=ask.dry_run)
        except Exception as error:
            return error


class _Question(NamedTuple):
    """What an asker wants to know, and its number for it."""

    asker: socket.socket
    number: int
    ask: Ask


def _shares(ask: Ask) -> bool:
    return not ask.is_batch and not ask.dry_run and ask.requests[0].command.grouped_by is not None


def _answer(questions: Sequence[_Question], outcomes: Sequence[Any]) -> None:
    """Tell each asker in one message what came of its questions."""
    by_asker: dict[socket.socket, list[tuple[int, Any]]] = {}
    for question, outcome in zip(questions, outcomes, strict=True):
        by_asker.setdefault(question.asker, []).append((question.number, outcome))
    for asker, answers in by_asker.items():
        try:
            asker.sendall(_packed(answers))
        except OSError:
            # Whoever has gone away learns by repeating the key; the loop finds the connection ended. What
            # was sent in part is of no use to anybody.
            with suppress(OSError):
                asker.shutdown(socket.SHUT_RDWR)


def _packed(answers: list[tuple[int, Any]]) -> bytes:
    try:
        return packed(answers)
    except (pickle.PicklingError, TypeError, AttributeError):
        return packed([(number, _portable(outcome)) for number, outcome in answers])


def _portable(outcome: Any) -> Any:
    """Return what came of a question, or an error that tells it: one that cannot travel is still told."""
    try:
        packed(outcome)
    except (pickle.PicklingError, TypeError, AttributeError):
        return RuntimeError(repr(outcome))
    return outcome
