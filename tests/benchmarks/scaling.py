"""Time and peak memory of gradients against length, size, inputs and depth of calls.

    python tests/benchmarks/scaling.py [--most EXPONENT] [--case TEXT]

Each table: time of the primal and of the gradient (best of interleaved repeats), their
ratio, and by how much the gradient raises the process's peak of resident memory, in
bytes per step or element. Then the slopes: of log time and log memory against log
length, fitted to the three longest. 1 is linear.
"""

import argparse
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.timing import best_times, settle_allocator, show_time

# isort: split
import numpy as np

import srcad
from benchmarks import peak
from srcad.backend import compiled


def logistic(x, r, steps):
    for _ in range(steps):
        x = r * x * (1.0 - x)
    return x


def chain(x):
    y = np.tanh(x) * x
    return np.sum(np.exp(-y) * y)


def of_inputs(inputs):
    total = 0.0
    for x in inputs:
        total += x * x * total + x
    return total


def deep(x, depth):
    if depth == 0:
        return x
    return 0.9 * x * deep(x * (1.0 - 0.5 * x), depth - 1)


@dataclass(frozen=True)
class Case:
    """A program to lengthen.

    wrt : what it is differentiated by.
    arguments : the arguments for a length.
    most : the greatest exponent of 10.
    """

    name: str
    function: Callable[..., Any]
    backend: str
    wrt: tuple[int, ...]
    arguments: Callable[[int], tuple[Any, ...]]
    most: float
    least: float = 2


def uniform(n: int) -> Any:
    return np.random.default_rng(0).uniform(size=n)


CASES = (
    Case("steps, numba", logistic, "numba", (0, 1), lambda n: (0.3, 3.2, n), 7),
    Case("steps, numpy", logistic, "python", (0, 1), lambda n: (0.3, 3.2, n), 5),
    Case("array size, numba", chain, "numba", (0,), lambda n: (uniform(n),), 7),
    Case("array size, numpy", chain, "python", (0,), lambda n: (uniform(n),), 7),
    Case(
        "inputs, numpy",
        of_inputs,
        "python",
        (0,),
        lambda n: ((0.5 / n * uniform(n)).tolist(),),
        5,
    ),
    Case("depth of calls, numpy", deep, "python", (0,), lambda n: (0.5, n), 2.5, 1),
)


def slope(lengths: list[int], values: list[Any]) -> float | None:
    """Of the log-log line through the three longest that were measured."""
    pairs = [(math.log(n), math.log(v)) for n, v in zip(lengths, values) if v]
    if len(pairs) < 3:
        return None
    x, y = zip(*pairs[-3:])
    return float(np.polyfit(x, y, 1)[0])


def lengths_of(case: Case, most: float) -> list[int]:
    step = 1.0 if case.least >= 2 else 0.5
    count = int((min(case.most, most) - case.least) / step)
    return [round(10 ** (case.least + step * k)) for k in range(count + 1)]


def measured(case: Case, most: float, budget: float) -> tuple[float | None, ...]:
    """Print the case's table; slopes of time and memory, and bytes at the longest."""
    gradient = srcad.grad(case.function, case.wrt, backend=case.backend)
    primal = case.function
    if case.backend == "numba":
        primal = compiled.numba().njit(primal)
    print(f"\n{case.name}")
    print(f"{'':>10} {'primal':>9} {'gradient':>9} {'ratio':>6} {'bytes/n':>8}")
    lengths = lengths_of(case, most)
    times: list[float] = []
    bytes_: list[int | None] = []
    for n in lengths:
        args = case.arguments(n)
        calls = [lambda: primal(*args), lambda: gradient(*args)]
        first, second = best_times(calls, budget)
        times.append(second)
        bytes_.append(peak.resident(calls[1]))
        each = "-" if bytes_[-1] is None else f"{bytes_[-1] / n:.1f}"
        shown = f"{show_time(first):>9} {show_time(second):>9} {second / first:6.2f}"
        print(f"{n:>10} {shown} {each:>8}", flush=True)
    last = bytes_[-1]
    each_step = last / lengths[-1] if last else None
    return slope(lengths, times), slope(lengths, bytes_), each_step


def main() -> int:
    parser = argparse.ArgumentParser(description="how gradients scale")
    parser.add_argument("--most", default=7.0, type=float, help="exponent of 10")
    parser.add_argument("--case", default="", help="part of a case's name")
    parser.add_argument("--budget", default=0.2, type=float, help="seconds per timing")
    options = parser.parse_args()
    settle_allocator()
    found = {
        case.name: measured(case, options.most, options.budget)
        for case in CASES
        if options.case in case.name
    }
    print(f"\n{'slopes':24} {'time':>6} {'memory':>7} {'bytes/n':>8}")
    for name, (time, memory, each) in found.items():
        cells = [f"{x:.2f}" if x is not None else "-" for x in (time, memory)]
        each_shown = f"{each:.1f}" if each is not None else "-"
        print(f"{name:24} {cells[0]:>6} {cells[1]:>7} {each_shown:>8}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
