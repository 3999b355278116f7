"""Many walks at once, each in a process of its own, and how far all of them are."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from multiprocessing import get_context
from typing import Any

from benchmarks.power_cuts.walk import Came, walk

# Seed, cuts and scenes of one walk.
Walk = tuple[int, int, tuple[str, ...]]
LOOK_S = 2


def walk_all(walks: list[Walk], jobs: int, told: Callable[[int], None]) -> list[Came]:
    """Take so many walks at once; `told` hears every now and then how many cuts are done in all."""
    context = get_context("spawn")
    done = context.Value("i", 0)
    # A process leaves nothing behind for the next walk, so that each goes as it would alone.
    pool = ProcessPoolExecutor(jobs, context, _remember, (done,), max_tasks_per_child=1)
    with pool:
        streets = [pool.submit(_walk, *each) for each in walks]
        waiting = set(streets)
        while waiting:
            waiting = wait(waiting, timeout=LOOK_S, return_when=FIRST_COMPLETED).not_done
            told(done.value)
    return [street.result() for street in streets]


def _remember(done: Any) -> None:
    _walk.done = done


def _walk(seed: int, cuts: int, scenes: tuple[str, ...]) -> Came:
    told_before = 0

    def told(count: int) -> None:
        nonlocal told_before
        with _walk.done.get_lock():
            _walk.done.value += count - told_before
        told_before = count

    return walk(seed, cuts, scenes, told)
