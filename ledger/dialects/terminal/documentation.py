"""How a route of the terminal API is documented: its credential and the refusals it may say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_smorest import Blueprint

from ledger.dialects.terminal.shapes_wallets import ErrorSchema, UnauthenticatedSchema

REFUSALS = {
    400: "The request's parameters are invalid; `errors` names them.",
    401: "Check your API token.",
    403: "Check your terminal's permission level.",
    404: "What the path names does not exist; a token is not paired to a wallet, or blocked.",
    503: "Nothing was decided; try again, with the same key if there is one.",
}
# What is answered where there is no wallet to show.
NOTHING_BOOKED = {
    "200": {
        "description": "The key had booked nothing and never will; `data` is null.",
        "content": {
            "application/json": {
                "schema": {"type": "object", "properties": {"data": {"type": "null"}}, "required": ["data"]}
            }
        },
    }
}


def documented(
    blueprint: Blueprint, credential: str | None, *statuses: int, body: dict | None = None
) -> Callable[[Callable], Callable]:
    """Document a route's credential, if any, its refusals, and what its JSON body is beyond its shape.

    Every route reads the books first and may find them unreachable: 503 stands at each of them.
    """
    extra: dict[str, Any] = {"security": [{credential: []}] if credential else []}
    if body:
        extra["requestBody"] = {"content": {"application/json": body}}

    def decorate(route: Callable) -> Callable:
        described = blueprint.doc(operationId=route.__name__, **extra)(route)
        for status in (*statuses, 503):
            schema = UnauthenticatedSchema if status == 401 else ErrorSchema
            described = _refusal(blueprint, status, schema)(described)
        return described

    return decorate


def _refusal(blueprint: Blueprint, status: int, schema: type) -> Callable[[Callable], Callable]:
    # alt_response would wrap the schema in the envelope of a success; a refusal has none.
    return blueprint.doc(
        responses={
            str(status): {
                "description": REFUSALS[status],
                "content": {"application/json": {"schema": schema}},
            }
        }
    )
