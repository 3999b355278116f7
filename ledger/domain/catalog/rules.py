"""What the catalogue decides, purely."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ledger.domain.catalog.errors import InvalidProduct, ProductListedTwice, ProductNotSold
from ledger.domain.catalog.records import Offer
from ledger.domain.devices.rules import is_name, is_slug
from ledger.foundation.money import MAX_AMOUNT_CENTS


def require_assortment(offers: Sequence[Offer]) -> None:
    """Refuse with InvalidProduct or ProductListedTwice what no terminal may offer."""
    for offer in offers:
        fields = {}
        if not is_slug(offer.slug):
            fields["id"] = [
                f"{offer.slug!r} is no id: 1 to 64 small letters, digits, hyphens or underscores."
            ]
        if not is_name(offer.label):
            fields["friendly_name"] = ["A name has 1 to 64 printable characters."]
        if type(offer.price_cents) is not int or not 0 < offer.price_cents <= MAX_AMOUNT_CENTS:
            fields["price"] = [f"A price is a whole number of cents from 1 to {MAX_AMOUNT_CENTS}."]
        if fields:
            raise InvalidProduct(fields=fields)
    if len({offer.slug for offer in offers}) != len(offers):
        raise ProductListedTwice


def price_cents(assortment: Mapping[str, Offer], product_slugs: Sequence[str]) -> int:
    """Return what the products cost together; each occurrence counts (S1-03).

    Refuses with ProductNotSold, naming those that the terminal does not sell.
    """
    foreign = sorted(set(product_slugs) - set(assortment))
    if foreign:
        raise ProductNotSold(
            fields={"products": [f"{slug!r} is not sold at this terminal." for slug in foreign]}
        )
    return sum(assortment[slug].price_cents for slug in product_slugs)
