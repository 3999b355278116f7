"""The grammar of the terminal API: credentials, envelope, errors, times."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

from flask import g, request
from flask_smorest import Blueprint
from marshmallow import Schema, fields

from ledger.domain.access.errors import CredentialRefused
from ledger.domain.access.queries import operator_by_token
from ledger.domain.devices.queries import authenticated
from ledger.domain.devices.records import TerminalRecord
from ledger.domain.wallets.queries import wallet_by_token
from ledger.domain.wallets.records import WalletRecord
from ledger.foundation.actor import Actor
from ledger.foundation.errors import Kind, Refusal
from ledger.foundation.money import format_cents
from ledger.service import Ledger
from ledger.web.dispatch import act_as, bearer_token, ledger, read
from ledger.web.limits import StrictParser, strict_json

PREFIX = "/pos"
# 400 is the status that the published document has for all that is wrong with a request, and the one
# that the known client stops on; a conflict of keys or a balance too small are therefore 400 as well.
STATUSES = {
    Kind.INVALID: 400,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 400,
    Kind.UNAVAILABLE: 503,
}
STATUSES_BY_CODE = {"method_not_allowed": 405, "internal_error": 500}
SECURITY_SCHEMES = {
    "terminal": {"type": "http", "scheme": "bearer", "description": "A terminal's api_token."},
    "operator": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "An operator's token, from `tapledger operator token NAME`.",
    },
}


class EnvelopedBlueprint(Blueprint):
    """Routes whose answers are wrapped in `data`."""

    ARGUMENTS_PARSER = StrictParser()

    def arguments(self, schema: Schema | type[Schema], **options: Any) -> Callable:
        """Take a request's arguments by a shape, which is made once: making one costs more than a request."""
        return super().arguments(schema() if isinstance(schema, type) else schema, **options)

    @staticmethod
    def _prepare_response_content(data: Any) -> Any:
        return {"data": data}

    @staticmethod
    def _make_doc_response_schema(schema: Schema | None) -> type[Schema] | None:
        return schema and _envelope(type(schema))


@cache
def _envelope(schema: type[Schema]) -> type[Schema]:
    name = f"{schema.__name__.removesuffix('Schema')}Envelope"
    return type(name, (Schema,), {"data": fields.Nested(schema, required=True)})


def authenticate_terminal() -> None:
    """Let the request be asked by the terminal of its api_token; refuses with CredentialRefused."""
    g.terminal, actor = read(authenticated, api_token=_token())
    act_as(actor)


def authenticate_booking_terminal() -> None:
    """Do as `authenticate_terminal` does, or as it did a moment ago for this token."""
    g.terminal, actor = booking_terminal(ledger(), _token())
    act_as(actor)


def authenticate_operator() -> None:
    """Let the request be asked by the operator of its token; refuses with CredentialRefused."""
    secret_key, clock = ledger().settings.secret_key, ledger().clock
    act_as(read(operator_by_token, token=_token(), secret_key=secret_key, clock=clock))


def resolve_wallet() -> None:
    """Find the wallet of the token in the path, before anything of the body is looked at (BODIES.md §2)."""
    token_id = (request.view_args or {}).get("token_id")
    if token_id is not None:
        g.wallet = read(wallet_by_token, token_id=token_id)


def require_wallet() -> None:
    """Refuse a token without a wallet before the body is looked at, as `resolve_wallet` does."""
    require_wallet_of(ledger(), request.view_args["token_id"])


def booking_terminal(books: Ledger, api_token: str) -> tuple[TerminalRecord, Actor]:
    """Return the terminal that this token is of, or was a moment ago, and the actor that it is.

    The booking looks at the credential again: one that was rolled meanwhile moves no money.
    """
    return books.recently(api_token, authenticated, api_token=api_token)


def require_wallet_of(books: Ledger, token_id: str) -> None:
    """Refuse a token that has no wallet, or had none a moment ago: the booking finds it itself."""
    books.recently(("wallet", token_id), wallet_by_token, token_id=token_id)


def as_tapped(wallet: WalletRecord, token_id: str) -> WalletRecord:
    """Return the wallet with the token written as the caller wrote it (TRAPS.md T-22)."""
    return replace(wallet, token_id=token_id)


def say(refusal: Refusal, charged: str = "") -> tuple[dict[str, Any], int]:
    """Say a refusal in this API's words (BODIES.md §0.6 and §2).

    `charged` is the field that the cost came from; without it, it is looked for in the request's body.
    """
    status = STATUSES_BY_CODE.get(refusal.code, STATUSES[refusal.kind])
    if refusal.kind is Kind.UNAUTHENTICATED:
        return {"message": refusal.message}, status
    body = {"message": refusal.message, "code": refusal.code, "errors": refusal.fields}
    balance_cents = refusal.details.get("balance_cents")
    if balance_cents is not None:
        charged = charged or _charged_field()
        too_small = f"The balance of {_money(balance_cents)} does not cover this."
        body["errors"] = {charged: [too_small]}
        body["balance"] = balance_cents
    available_cents = refusal.details.get("available_cents")
    if available_cents is not None:
        left, of = _money(available_cents), _money(balance_cents)
        said = f"Only {left} is available: a part of the balance of {of} is held."
        body |= {"errors": {charged: [said]}, "available": available_cents}
    return body, status


def readable(moment: datetime) -> str:
    """Write a time as people here read it: `31.10.2021 21:45`, 24 hours, the house's zone (TRAPS.md T-10)."""
    return f"{moment.astimezone(ledger().settings.time_zone):%d.%m.%Y %H:%M}"


def raw(moment: datetime) -> str:
    """Write a time for programs: `2021-10-31T20:44:11.000000Z`."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def _token() -> str:
    token = bearer_token()
    if not token:
        raise CredentialRefused
    return token


def _charged_field() -> str:
    return "products" if "products" in strict_json(request.get_data()) else "amount"


def _money(amount_cents: int) -> str:
    return format_cents(amount_cents, ledger().settings.currency)
