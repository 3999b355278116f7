"""Pictures of receipts as tests look at them: where there is ink, and what a scanner reads."""

from __future__ import annotations

import io

import zxingcpp
from PIL import Image, ImageOps

QUIET_ZONE = 40


def opened(png: bytes) -> Image.Image:
    """Return the picture of a PNG file."""
    with Image.open(io.BytesIO(png)) as picture:
        return picture.copy()


def ink(png: bytes) -> Image.Image:
    """Return the picture with its ink white on black, as boxes are measured."""
    return ImageOps.invert(opened(png).convert("L"))


def codes(png: bytes) -> list[tuple[str, str]]:
    """Return what a scanner reads on the paper, as (kind, text), from above."""
    paper = ImageOps.expand(opened(png).convert("L"), QUIET_ZONE, 255)
    found = sorted(zxingcpp.read_barcodes(paper), key=lambda code: code.position.top_left.y)
    return [(str(code.format), code.text) for code in found]
