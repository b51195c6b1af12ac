"""Gradients of loops on numbers beside the loops themselves, compiled by Numba.

    python tests/benchmarks/scalar_loops.py [--budget SECONDS]

For each program and number of steps: the least processor time of the primal and of the
gradient, taking turns in one run, and their ratio. At most 3 is the aim.
"""

import argparse
import math
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.timing import settle_allocator, show_time

# isort: split
import time

import numpy as np

import srcad
from srcad.backend import compiled

AIM = 3.0
STEPS = (10**3, 10**5, 10**6)
NOISE = np.random.default_rng(0).normal(size=max(STEPS))


def logistic(x: float, r: float, steps: int) -> float:
    for _ in range(steps):
        x = r * x * (1.0 - x)
    return x


def newton(a: float, steps: int) -> float:
    """A search in each step, which no other one waits for."""
    total = 0.0
    for k in range(steps):
        b = a + 0.001 * k
        x = b
        while abs(x * x - b) > 1e-9 * b:
            x = 0.5 * (x + b / x)
        total += x
    return total


def implicit(x: float, h: float, steps: int) -> float:
    """Steps of implicit Euler: each search begins where the one before ended."""
    for _ in range(steps):
        y = x
        step = 1.0
        while abs(step) > 1e-10:
            step = (y + h * y**3 - x) / (1.0 + 3.0 * h * y**2)
            y = y - step
        x = y + 0.001
    return x


def two_terms(a: float, b: float, steps: int) -> float:
    """A recurrence of the last two."""
    x, y = 1.0, 0.5
    for _ in range(steps):
        x, y = a * x + b * y, 0.9 * x
    return x


def pendulum(angle: float, speed: float, h: float, steps: int) -> float:
    """Four slopes in each step."""
    for _ in range(steps):
        a1, s1 = speed, -math.sin(angle)
        a2, s2 = speed + 0.5 * h * s1, -math.sin(angle + 0.5 * h * a1)
        a3, s3 = speed + 0.5 * h * s2, -math.sin(angle + 0.5 * h * a2)
        a4, s4 = speed + h * s3, -math.sin(angle + h * a3)
        angle += h / 6.0 * (a1 + 2.0 * a2 + 2.0 * a3 + a4)
        speed += h / 6.0 * (s1 + 2.0 * s2 + 2.0 * s3 + s4)
    return angle


def walk(x: float, drift: float, width: float, noise: Any, steps: int) -> float:
    """A random walk that is pulled back, and a cost on the way."""
    cost = 0.0
    for k in range(steps):
        x = x - drift * x * 0.01 + width * noise[k] * 0.1
        cost += x * x
    return cost


def options(x: float, width: float, noise: Any, steps: int) -> float:
    """A random walk of exponentials, stopped where it falls."""
    paid = 0.0
    for k in range(steps):
        x = x * math.exp(width * noise[k] - 0.5 * width * width)
        if x < 0.5:
            x = 0.5
        paid += max(x - 1.0, 0.0)
    return paid


PROGRAMS: dict[str, tuple[Callable[..., Any], tuple[Any, ...], int]] = {
    "logistic map": (logistic, (0.3, 3.2), 2),
    "newton": (newton, (2.0,), 1),
    "implicit": (implicit, (1.0, 0.1), 2),
    "two terms": (two_terms, (0.5, 0.4), 2),
    "pendulum": (pendulum, (1.0, 0.0, 0.001), 2),
    "walk": (walk, (0.1, 0.5, 0.2, NOISE), 3),
    "options": (options, (1.0, 0.01, NOISE), 2),
}


def least_times(calls: list[Callable[[], object]], budget: float) -> list[float]:
    """The least processor time of each call, the calls taking turns."""
    counts = []
    for call in calls:
        call()
        start = time.thread_time()
        call()
        counts.append(max(1, int(2e-3 / max(time.thread_time() - start, 1e-7))))
    least = [math.inf] * len(calls)
    end = time.thread_time() + budget * len(calls)
    while time.thread_time() < end:
        for k, (call, count) in enumerate(zip(calls, counts, strict=True)):
            start = time.thread_time()
            for _ in range(count):
                call()
            least[k] = min(least[k], (time.thread_time() - start) / count)
    return least


def main() -> int:
    parser = argparse.ArgumentParser(description="gradients of loops on numbers")
    parser.add_argument("--budget", default=0.3, type=float, help="seconds per timing")
    budget = parser.parse_args().budget
    settle_allocator()
    print(f"{'program':14} {'steps':>8} {'primal':>9} {'gradient':>9} {'ratio':>6}")
    for name, (function, given, wrt) in PROGRAMS.items():
        gradient = srcad.grad(function, tuple(range(wrt)), backend="numba")
        primal = compiled.numba().njit(function)
        for steps in STEPS:
            calls = [partial(f, *given, steps) for f in (primal, gradient)]
            first, second = least_times(calls, budget)
            mark = " !" if second > AIM * first else ""
            shown = f"{show_time(first):>9} {show_time(second):>9}"
            row = f"{name:14} {steps:8} {shown} {second / first:6.2f}{mark}"
            print(row, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
