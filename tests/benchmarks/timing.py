"""Timing shared by the benchmarks. Import it before NumPy: one BLAS thread."""

import os
import time
from collections.abc import Callable, Sequence

for _name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import numpy as np  # noqa: E402


def settle_allocator() -> None:
    """Free one block just under 32 MiB, so that glibc keeps large blocks from then on.

    Without it, whether a large temporary is a fresh mapping (several times slower)
    depends on what ran before.
    """
    np.empty(31 << 20, dtype=np.uint8)


def best_times(calls: Sequence[Callable[[], object]], budget: float) -> list[float]:
    """Best seconds per call of each function, the functions taking turns."""
    return [min(times) for times in interleaved(calls, budget)]


def interleaved(
    calls: Sequence[Callable[[], object]], budget: float
) -> list[list[float]]:
    """Seconds per call of each function in every round, the functions taking turns.

    A round measures each once, over as many calls as take 2 ms; there are at least
    three, and more until `budget` seconds per function are spent. A short call goes
    before untimed: the function whose turn it was may have emptied caches and heap.
    """
    counts, short = [], []
    for call in calls:
        call()
        start = time.perf_counter()
        call()
        once = time.perf_counter() - start
        counts.append(max(1, int(2e-3 / max(once, 1e-7))))
        short.append(once < 0.1)
    times: list[list[float]] = [[] for _ in calls]
    end = time.perf_counter() + budget * len(calls)
    while len(times[0]) < 3 or time.perf_counter() < end:
        for spent, call, count, first in zip(times, calls, counts, short):
            if first:
                call()
            start = time.perf_counter()
            for _ in range(count):
                call()
            spent.append((time.perf_counter() - start) / count)
    return times


def show_time(seconds: float | None) -> str:
    """A time with three digits and its unit."""
    if seconds is None:
        return "-"
    for unit, scale in (("s", 1.0), ("ms", 1e3), ("us", 1e6)):
        if seconds * scale >= 1.0:
            return f"{seconds * scale:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"
