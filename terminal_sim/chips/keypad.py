"""A key matrix without diodes: a pressed key joins its row and its column, and nothing else."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import partial

from terminal_sim.chips.bus import Timeline, Wires
from terminal_sim.chips.contacts import ContactBounce, settle

_NOISE_LASTS_US = 30_000
LAYOUT_4X4 = ("123A", "456B", "789C", "*0#D")


class KeypadMatrix:
    """The keypad. The firmware drives rows and reads columns; it sees ghosts as on a real one.

    Rows and columns joined by pressed keys, over any number of keys, are one piece of wire: three keys
    on three corners of a rectangle make the fourth corner look pressed. Where a row driven low and one
    driven high are joined, low wins. A row that the firmware never drove is in the air; one that it let
    go counts with the level that its wire then has.
    """

    def __init__(
        self,
        wires: Wires,
        row_pins: Sequence[int],
        column_pins: Sequence[int],
        layout: Sequence[str] = LAYOUT_4X4,
        *,
        bounce: ContactBounce | None = None,
    ) -> None:
        if len(layout) != len(row_pins) or any(len(row) != len(column_pins) for row in layout):
            raise ValueError("the layout must have one key for each row and column")
        self._wires = wires
        self._column_pins = tuple(column_pins)
        self._bounce = bounce
        self._places = {
            key: (row, column) for row, keys in enumerate(layout) for column, key in enumerate(keys)
        }
        self._pressed: set[tuple[int, int]] = set()
        # The columns that noise pulls low at this moment.
        self._sparks: set[int] = set()
        self._row_levels: list[int | None] = [None] * len(row_pins)
        for row, pin in enumerate(row_pins):
            wires.watch(pin, partial(self._row_changed, row))

    def press(self, key: str) -> None:
        """Press a key; raises KeyError for one that the layout does not have."""
        settle(self._bounce, True, partial(self._set, self._places[key]))

    def release(self, key: str) -> None:
        """Let go of a key; raises KeyError for one that the layout does not have."""
        settle(self._bounce, False, partial(self._set, self._places[key]))

    def make_noise(self, timeline: Timeline, seconds: float, seed: int = 1) -> None:
        """Pull columns low and let go of them for a while, as a motor does whose cable lies beside them."""
        dice = random.Random(seed)  # noqa: S311 - noise, no secret
        end_us = timeline.now_us() + int(seconds * 1_000_000)

        def spark() -> None:
            is_over = timeline.now_us() >= end_us
            self._sparks = set() if is_over else self._sparks ^ {dice.randrange(len(self._column_pins))}
            self._drive_columns()
            if not is_over:
                timeline.at(timeline.now_us() + dice.randint(1_000, _NOISE_LASTS_US), spark)

        spark()

    def _set(self, place: tuple[int, int], closed: bool) -> None:
        if closed:
            self._pressed.add(place)
        else:
            self._pressed.discard(place)
        self._drive_columns()

    def _row_changed(self, row: int, level: int, now_us: int) -> None:
        self._row_levels[row] = level
        self._drive_columns()

    def _drive_columns(self) -> None:
        for column, pin in enumerate(self._column_pins):
            levels = {self._row_levels[row] for row in self._rows_joined_to(column)} - {None}
            level = min(levels) if levels else None
            self._wires.drive(pin, 0 if column in self._sparks else level)

    def _rows_joined_to(self, column: int) -> set[int]:
        rows: set[int] = set()
        columns = {column}
        while True:
            more_rows = {row for row, other in self._pressed if other in columns}
            more_columns = columns | {other for row, other in self._pressed if row in more_rows}
            if more_rows == rows and more_columns == columns:
                return rows
            rows, columns = more_rows, more_columns
