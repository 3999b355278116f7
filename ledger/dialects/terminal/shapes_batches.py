"""Shapes of batches: many transactions in one request, each with its own result."""

from __future__ import annotations

from marshmallow import fields, validate

from ledger.dialects.terminal.shapes_wallets import (
    EXACTLY_ONE,
    KEY_LENGTH,
    TOP_UP,
    ErrorSchema,
    TransactionRequestSchema,
    WalletSchema,
)
from ledger.domain.wallets.rules import TOKEN_LENGTH
from ledger.web.fields import Shape, Text

MAX_TRANSACTIONS = 500
TOKEN_ID = "04A224B3C4D5E6"


class BatchedTransactionSchema(TransactionRequestSchema):
    """A transaction of a batch: it names its token, and it has a key."""

    token_id = Text(TOKEN_LENGTH, required=True)
    idempotency_key = Text(KEY_LENGTH, required=True)


class BatchRequestSchema(Shape):
    """Transactions in the order in which they are to be booked; each is looked at by itself."""

    transactions = fields.List(
        fields.Raw(allow_none=True),
        required=True,
        validate=validate.Length(1, MAX_TRANSACTIONS),
        metadata={"description": f"1 to {MAX_TRANSACTIONS} transactions."},
    )


class BatchResultSchema(ErrorSchema):
    """What one transaction came to: the wallet after it, or the refusal, as it would be told alone."""

    idempotency_key = fields.String(required=True, allow_none=True)
    status = fields.Integer(required=True, metadata={"description": "As for a single transaction."})
    wallet = fields.Nested(WalletSchema)
    message = fields.String()
    code = fields.String()
    errors = fields.Dict(keys=fields.String(), values=fields.List(fields.String()))


class BatchSchema(Shape):
    """A result for each transaction, in their order."""

    results = fields.List(fields.Nested(BatchResultSchema), required=True)


BATCH_DOCUMENT = {
    "schema": {
        "type": "object",
        "required": ["transactions"],
        "properties": {
            "transactions": {
                "type": "array",
                "minItems": 1,
                "maxItems": MAX_TRANSACTIONS,
                "items": {
                    "anyOf": [
                        {"allOf": [BatchedTransactionSchema, EXACTLY_ONE]},
                        {"description": "Anything else is refused by itself, in its own result."},
                    ]
                },
            }
        },
    },
    "examples": {
        "coins": {
            "summary": "Two coins that were taken while the connection was down",
            "value": {
                "transactions": [
                    {"token_id": TOKEN_ID, **TOP_UP},
                    {"token_id": TOKEN_ID, **TOP_UP, "idempotency_key": "mT5vQ2yBzKc8LwR1dXfB"},
                ]
            },
        }
    },
}
