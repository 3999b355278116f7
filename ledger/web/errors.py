"""One handler for every error: the dialect of the path says it in its own words."""

from __future__ import annotations

import logging

from flask import Flask, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from ledger.foundation.errors import Invalid, Kind, NotFound, Refusal, Unavailable
from ledger.foundation.logs import request_id
from ledger.web.dialect import Speaker, dialect_of
from ledger.web.observation import note_refusal

log = logging.getLogger(__name__)
RETRY_AFTER_S = 1


class RouteUnknown(NotFound):
    """There is nothing under this path."""

    code = "route_unknown"
    message = "There is nothing under this path."


class MethodNotAllowed(Invalid):
    """The path exists, but not for this method; `Allow` names those it has."""

    code = "method_not_allowed"
    message = "This path does not take this method."


class BodyTooLarge(Invalid):
    """The body is larger than any request of ours."""

    code = "body_too_large"
    message = "The body is too large."


class UnsupportedMediaType(Invalid):
    """The body is no JSON, or does not say so."""

    code = "unsupported_media_type"
    message = "Send JSON, with Content-Type: application/json."


class BrokenJson(Invalid):
    """The body says that it is JSON and is not."""

    code = "invalid_json"
    message = "The body is not valid JSON."


class BadRequest(Invalid):
    """The request itself is malformed."""

    code = "bad_request"
    message = "The request is malformed."


class ServerFailure(Unavailable):
    """A mistake of ours. Whether anything was booked is told by repeating the request with its key."""

    code = "internal_error"
    message = "The ledger failed; try again with the same key."


_HTTP_REFUSALS: dict[int, type[Refusal]] = {
    404: RouteUnknown,
    405: MethodNotAllowed,
    413: BodyTooLarge,
    415: UnsupportedMediaType,
}
# Where no dialect speaks, HTTP's own statuses do.
_PLAIN_STATUSES = {
    Kind.INVALID: 400,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.UNAVAILABLE: 503,
}
_OWN_PLAIN_STATUSES = {refusal: status for status, refusal in _HTTP_REFUSALS.items()} | {ServerFailure: 500}


def install(app: Flask, speakers: tuple[Speaker, ...]) -> None:
    """Make one handler answer for refusals, HTTP errors and failures alike."""

    def handle(error: Exception) -> ResponseReturnValue:
        refusal = as_refusal(error)
        note_refusal(refusal)
        speaker = dialect_of(speakers, request.path)
        response = app.make_response(speaker.say(refusal) if speaker else _say_plainly(refusal))
        response.headers.extend(_headers(error, refusal))
        return response

    for kind in (Refusal, HTTPException, Exception):
        app.register_error_handler(kind, handle)


def as_refusal(error: Exception) -> Refusal:
    """Return what is said of an error; what nobody foresaw is logged and said to be our failure."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, HTTPException) and error.code and error.code < 500:
        return _HTTP_REFUSALS.get(error.code, BadRequest)()
    # The route, not the path: a path may name a token.
    log.error("%s %s failed", request.method, request.url_rule, exc_info=error)
    return ServerFailure(f"{ServerFailure.message} The log tells more of {request_id.get()}.")


def _headers(error: Exception, refusal: Refusal) -> dict[str, str]:
    headers = {}
    if isinstance(error, HTTPException) and getattr(error, "valid_methods", None):
        headers["Allow"] = ", ".join(sorted(error.valid_methods))
    if refusal.kind is Kind.UNAUTHENTICATED:
        headers["WWW-Authenticate"] = "Bearer"
    if refusal.kind is Kind.UNAVAILABLE:
        headers["Retry-After"] = str(RETRY_AFTER_S)
    return headers


def _say_plainly(refusal: Refusal) -> ResponseReturnValue:
    status = _OWN_PLAIN_STATUSES.get(type(refusal), _PLAIN_STATUSES[refusal.kind])
    return {"message": refusal.message, "code": refusal.code}, status
