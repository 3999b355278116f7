"""Fields that dialects share: money that is never rounded, text that can be stored."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields

from ledger.foundation.money import MAX_AMOUNT_CENTS
from ledger.foundation.text import is_text


class Shape(Schema):
    """The base of every dialect's shapes: what a caller sends beyond them is ignored (BODIES.md §0.2)."""

    class Meta:
        """How marshmallow treats what it does not know."""

        unknown = EXCLUDE


class WholeNumber(fields.Integer):
    """A whole number of some unit: neither boolean nor text nor fraction, and within its bounds.

    JSON knows one kind of number, so 500.0 is the same as 500; 500.5 is refused, never rounded.
    """

    unit: str

    def __init__(self, *, least: int = 1, most: int, **options: Any) -> None:
        self.least, self.most = least, most
        super().__init__(
            metadata={"minimum": least, "maximum": most, **options.pop("metadata", {})}, **options
        )

    def _deserialize(self, value: Any, attr: Any, data: Any, **_options: Any) -> int:
        whole = type(value) is int or (isinstance(value, Decimal) and value.is_finite())
        # The bounds come before the conversion: 1E+999999 would otherwise become a million digits.
        if not whole or not self.least <= value <= self.most or value != int(value):
            raise ValidationError(f"A whole number of {self.unit} from {self.least} to {self.most}.")
        return int(value)


class Cents(WholeNumber):
    """A whole number of cents within what one posting moves."""

    unit = "cents"

    def __init__(self, *, most: int = MAX_AMOUNT_CENTS, **options: Any) -> None:
        super().__init__(most=most, **options)


class Seconds(WholeNumber):
    """A whole number of seconds."""

    unit = "seconds"


class Text(fields.String):
    """A string of 1 to `longest` characters that every database can keep."""

    def __init__(self, longest: int, **options: Any) -> None:
        self.longest = longest
        limits = {"minLength": 1, "maxLength": longest}
        super().__init__(metadata={**limits, **options.pop("metadata", {})}, **options)

    def _deserialize(self, value: Any, attr: Any, data: Any, **options: Any) -> str:
        text = super()._deserialize(value, attr, data, **options)
        if not is_text(text, self.longest):
            raise ValidationError(f"Text of 1 to {self.longest} characters.")
        return text
