"""What the catalogue refuses."""

from __future__ import annotations

from ledger.foundation.errors import Conflict, Invalid


class InvalidProduct(Invalid):
    """A product's id, name or price is malformed; `fields` says which."""

    code = "invalid_product"
    message = "The product's details are invalid."


class ProductNamedDifferently(Conflict):
    """A product of that id exists under another name."""

    code = "product_named_differently"
    message = "A product of that id exists under another name."


class ProductListedTwice(Invalid):
    """An assortment names each product once."""

    code = "product_listed_twice"
    message = "An assortment names each product once."


class ProductNotSold(Invalid):
    """The terminal does not sell one of the products (TRAPS.md T-20)."""

    code = "product_not_sold"
    message = "This terminal does not sell all of these products."
