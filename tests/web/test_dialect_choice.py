"""Which dialect answers for a path: the one with the longest prefix, and none outside of all."""

from __future__ import annotations

import pytest

from ledger.web.dialect import Dialect, dialect_of


def dialect(prefix: str) -> Dialect:
    """Return a dialect that only has a prefix."""
    return Dialect(prefix, prefix, "", "", blueprints=(), say=lambda refusal: ("", 400))


DIALECTS = (dialect("/api"), dialect("/api/hardware"), dialect("/pos"))


@pytest.mark.parametrize(
    ("path", "prefix"),
    [
        ("/api", "/api"),
        ("/api/", "/api"),
        ("/api/nope", "/api"),
        ("/api/hardwarex", "/api"),
        ("/api/hardware", "/api/hardware"),
        ("/api/hardware/nope/nope", "/api/hardware"),
        ("/pos/api/hardware", "/pos"),
    ],
)
def test_the_longest_prefix_speaks(path, prefix):
    assert dialect_of(DIALECTS, path).prefix == prefix
    assert dialect_of(DIALECTS[::-1], path).prefix == prefix


@pytest.mark.parametrize("path", ["/", "", "/apix", "/posx/terminal", "/po", "/nope/pos"])
def test_outside_of_all_prefixes_nobody_speaks(path):
    assert dialect_of(DIALECTS, path) is None
