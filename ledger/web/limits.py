"""Limits on what a request may be: its size, and what counts as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import Flask, Request, Response, request
from webargs.flaskparser import FlaskParser

from ledger.foundation.errors import Invalid
from ledger.web.errors import BadRequest, BodyTooLarge, BrokenJson, UnsupportedMediaType

# Most requests are far smaller; what is larger is a mistake or an attack.
MAX_BODY_BYTES = 64 * 1024
# What a route that takes many things at once may allow its bodies, and the server keeps for it.
MAX_LARGE_BODY_BYTES = 1024 * 1024
# How much of a refused body is read and thrown away, so that its sender comes to hear the refusal.
MAX_UNHEARD_BYTES = 8 * 1024 * 1024


def install(app: Flask) -> None:
    """Bound every body, and hear out those that are refused before they were read."""
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES

    @app.after_request
    def hear_out(response: Response) -> Response:
        # Who is still sending when the connection closes gets a broken pipe in place of our words. Only a
        # server that marks the body's end can be read on without waiting for ever.
        body = request.environ["wsgi.input"]
        if request.environ.get("wsgi.input_terminated"):
            left = MAX_UNHEARD_BYTES
            with suppress(OSError):  # a sender that breaks off has nothing more to hear
                while left > 0 and (piece := body.read(MAX_BODY_BYTES)):
                    left -= len(piece)
        return response


def strict_json(text: bytes) -> Any:
    """Parse JSON by the letter, in UTF-8: decimals stay exact, NaN and Infinity are refused (BODIES.md §0.2).

    Raises ValueError, also for nesting that would exhaust the stack and for exponents beyond any decimal.
    """
    try:
        return _STRICT.decode(text.decode())
    except (RecursionError, InvalidOperation) as error:
        raise ValueError("nested too deeply, or a number beyond all bounds") from error


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


_STRICT = json.JSONDecoder(parse_float=Decimal, parse_constant=_refuse_constant)


class StrictParser(FlaskParser):
    """Reads a request's arguments by a schema; refuses with Invalid, naming each wrong field."""

    DEFAULT_VALIDATION_STATUS = 400
    # None leaves it to the shapes, which ignore what they do not know.
    DEFAULT_UNKNOWN_BY_LOCATION = dict.fromkeys(FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION)

    def __init__(self) -> None:
        super().__init__()
        self._unasked: dict[Any, dict[str, Any]] = {}

    def parse(self, schema: Any, req: Request | None = None, *, location: str | None = None, **options: Any):
        """Return a request's arguments; most have no query, and what a shape makes of none is known."""
        if location != "query" or (req or request).query_string:
            return super().parse(schema, req, location=location, **options)
        if schema not in self._unasked:
            self._unasked[schema] = super().parse(schema, req, location=location, **options)
        return dict(self._unasked[schema])

    def load_json(self, req: Request, schema: Any) -> Any:
        """Return the body; refuses with UnsupportedMediaType, BodyTooLarge, BadRequest or BrokenJson."""
        if not req.is_json:
            raise UnsupportedMediaType
        body = req.get_data()
        # A body in chunks says no length beforehand, and reading ends at the limit without a word: a body
        # that is as long as the limit may be a part of a longer one.
        if len(body) >= req.max_content_length:
            raise BodyTooLarge
        # A connection that ended early may have delivered valid JSON that was not meant to end there.
        if req.content_length is not None and len(body) < req.content_length:
            raise BadRequest
        try:
            return strict_json(body)
        except ValueError as error:
            raise BrokenJson from error

    def handle_error(self, error: Any, req: Any, schema: Any, **_options: Any) -> None:
        """Refuse with Invalid what the schema does not accept."""
        raise invalid(*error.messages.values()) from error


def invalid(*messages: Any) -> Invalid:
    """Return the refusal that says what a shape did not accept."""
    return Invalid(fields=dict(named for where in messages for named in _by_path(where)))


def _by_path(messages: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, list[str]]]:
    """Name each wrong value by the way to it: the second product is `products.1`."""
    if isinstance(messages, dict):
        for step, below in messages.items():
            # `_schema` is marshmallow's word for the value itself being of the wrong sort.
            yield from _by_path(below, path if step == "_schema" else (*path, str(step)))
    else:
        yield ".".join(path) or "body", messages
