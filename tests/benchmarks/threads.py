"""Gradients on several threads beside the same on one: `parallel=True` in Numba.

    python tests/benchmarks/threads.py [--budget SECONDS]

Value and gradient of four programs, compiled without and with threads, taking turns in
one process; first checked to be equal. `NUMBA_NUM_THREADS` sets how many threads.
"""

from __future__ import annotations

import argparse
import math
import os
import statistics
from typing import Any

import numba
import numpy as np
from timing import interleaved, show_time

import srcad

R = np.random.default_rng(0)


def logistic(w: Any, X: Any, y: Any) -> Any:
    """A sum over data: rounds share the weights."""
    loss = 0.0
    n, d = X.shape
    for i in range(n):
        score = 0.0
        for j in range(d):
            score += X[i, j] * w[j]
        loss += math.log1p(math.exp(-y[i] * score))
    return loss


def kinds(w: Any, kind: Any, x: Any, y: Any) -> Any:
    """A sum over data that looks its parameters up."""
    total = 0.0
    for i in range(len(y)):
        total += (y[i] - math.tanh(w[kind[i], 0] * x[i] + w[kind[i], 1])) ** 2
    return total


def diffusion(u: Any) -> Any:
    """A nest over a grid: each point reads its neighbours."""
    n, m = u.shape
    v = np.zeros((n, m))
    for i in range(1, n - 1):
        for j in range(1, m - 1):
            slope = u[i + 1, j] + u[i - 1, j] + u[i, j + 1] + u[i, j - 1]
            v[i, j] = u[i, j] + 0.1 * math.exp(-(u[i, j] ** 2)) * (
                slope - 4.0 * u[i, j]
            )
    return np.sum(v * v)


def pairs(pos: Any, mass: Any) -> Any:
    """Arrays: the potential of all pairs."""
    diff = pos[:, None, :] - pos[None, :, :]
    dist = np.sqrt(np.sum(diff * diff, axis=2) + 0.01)
    return -0.5 * np.sum(mass[:, None] * mass[None, :] / dist)


PROGRAMS: dict[str, tuple[Any, Any, tuple[Any, ...]]] = {
    "logistic": (
        logistic,
        0,
        (R.normal(size=16), R.normal(size=(20000, 16)), np.sign(R.normal(size=20000))),
    ),
    "kinds": (
        kinds,
        0,
        (
            R.normal(size=(50, 2)),
            R.integers(0, 50, 100_000),
            R.normal(size=100_000),
            R.normal(size=100_000),
        ),
    ),
    "diffusion": (diffusion, 0, (R.normal(size=(500, 500)),)),
    "pairs": (pairs, (0, 1), (R.normal(size=(600, 3)), R.uniform(1.0, 2.0, 600))),
}


def main() -> None:
    """Measure and print a line for each program."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--budget", type=float, default=2.0, help="seconds for each")
    budget = parser.parse_args().budget
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else math.nan
    count = numba.config.NUMBA_NUM_THREADS
    print(f"{count} threads, {os.cpu_count()} cores, load {load:.1f}\n")
    print("program      one thread     threads      best    median")
    for name, (function, where, args) in PROGRAMS.items():
        one, many = (
            srcad.value_and_grad(function, where, backend="numba", parallel=parallel)
            for parallel in (False, True)
        )
        check(one(*args), many(*args))
        times = interleaved([lambda: one(*args), lambda: many(*args)], budget)
        best = [min(t) for t in times]
        middle = [statistics.median(t) for t in times]
        print(
            f"{name:<12} {show_time(best[0]):>10} {show_time(best[1]):>11}"
            f" {best[0] / best[1]:>9.2f} {middle[0] / middle[1]:>9.2f}"
        )


def check(a: Any, b: Any) -> None:
    """Both give the same numbers."""
    for x, y in zip(srcad.arrays.leaves(a), srcad.arrays.leaves(b), strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-9, atol=1e-9)


if __name__ == "__main__":
    main()
