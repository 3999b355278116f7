"""One line for each figure, beside what was promised of it."""

from __future__ import annotations


def shown(label: str, value: float, unit: str, under: int, remark: str = "") -> bool:
    """Print a figure and the limit that it has to stay under; returns whether it does."""
    kept = value < under
    number = f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"
    verdict = f"under {under:,}" if kept else f"PROMISED UNDER {under:,}"
    print(f"  {label:<44}{number:>9} {unit}  {verdict}{f'  ({remark})' if remark else ''}", flush=True)
    return kept
