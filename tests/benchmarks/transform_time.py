"""Time to transform a program against its length in statements.

    python tests/benchmarks/transform_time.py [--most N] [--case TEXT] [--how grad2]

Programs of each kind are generated, of doubling lengths; measured is from the function
to the generated source of its gradient, or of another transform of it: `grad2`,
`forward`, `numba` (no cache, least of three, time of the processor: what else the
machine does falls out). Then the slope of log time against log length, fitted to the
three longest: 1 is linear. With --profile the functions that took most of the longest
program's time.
"""

import argparse
import cProfile
import math
import os
import pstats
import sys
import time
from pathlib import Path

os.environ["SRCAD_CACHE"] = "0"
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.timing import show_time

# isort: split
import numpy as np

import srcad
from srcad.frontend.abstract import argument_type


def straight(n):
    """Assignments, one after another."""
    lines = [f"    v{k + 1} = np.sin(v{k}) * v{k // 2}" for k in range(n)]
    return ["def f(v0):", *lines, f"    return v{n}"]


def one_name(n):
    """The same name assigned again and again."""
    return ["def f(x):", *["    x = 0.5 * x * x + x"] * n, "    return x"]


def branches(n):
    """An if and an else of one statement each, so four lines count as four."""
    lines = []
    for k in range(n // 4):
        lines += [f"    if x > {k % 7}.0:", "        x = x * x", "    else:"]
        lines += ["        x = np.sin(x)"]
    return ["def f(x):", *lines, "    return x"]


def elif_chain(n):
    """One statement of n branches."""
    lines = ["    if x > 1000.0:", "        y = x"]
    for k in range(n // 2):
        lines += [f"    elif x > {1000.0 - k}:", f"        y = {k + 1.0} * x * x"]
    return ["def f(x):", *lines, "    else:", "        y = 0.0", "    return y * x"]


def updates(n):
    """Writes to elements of an array, each of an element before."""
    lines = [f"    y[{k + 1}] = y[{k}] * x[{k % 8}]" for k in range(n)]
    head = ["def f(x):", f"    y = np.ones({n + 1})"]
    return [*head, *lines, f"    return y[{n}]"]


def loop_body(n):
    """A loop of five rounds with n statements in its body."""
    lines = [f"        v{k + 1} = np.sin(v{k}) * x" for k in range(n)]
    body = [*lines, f"        x = v{n}"]
    return [
        "def f(x):",
        "    for _ in range(5):",
        "        v0 = x",
        *body,
        "    return x",
    ]


def display(n):
    """A list display of n entries, summed."""
    lines = [f"        x * {k}.5," for k in range(n)]
    return ["def f(x):", "    y = sum([", *lines, "    ])", "    return y * x"]


def terms(n):
    """One sum of n terms."""
    lines = [f"        + x * {k}.5" for k in range(n)]
    return ["def f(x):", "    return (x", *lines, "    )"]


def loops(n):
    """Loops, one after another, of three statements each."""
    lines = []
    for _ in range(n // 3):
        lines += ["    for i in range(3):", "        x = x * np.cos(x)"]
        lines += ["        y += x"]
    return ["def f(x):", "    y = 0.0", *lines, "    return y"]


def callees(n):
    """Small functions, each called by the next."""
    lines = ["def f0(x):", "    return x * np.sin(x)"]
    for k in range(1, n // 3):
        lines += [f"def f{k}(x):", f"    y = f{k - 1}(x) * x", "    return y + x"]
    return [*lines, "def f(x):", f"    return f{max(n // 3 - 1, 0)}(x)"]


def nested(n):
    """Branches in branches, nearly as deep as Python reads them, and more of these."""
    lines = []
    for _ in range(max(n // 180, 1)):
        for k in range(min(n // 2, 90)):
            lines.append(f"{' ' * k}    if x > {-k}.5:")
            lines.append(f"{' ' * k}     y = y * {k}.5 + x")
    return ["def f(x):", "    y = x", *lines, "    return y"]


def entries(n):
    """A dict display of n entries, of which some are read."""
    lines = [f"        'k{k}': x * {k}.5," for k in range(n)]
    read = [f"    y += d['k{k}']" for k in range(0, n, 10)]
    return [
        "def f(x):",
        "    d = {",
        *lines,
        "    }",
        "    y = x",
        *read,
        "    return y",
    ]


def calls(n):
    """Calls of small functions, one after another."""
    lines, m = [], max(n // 8, 1)
    for k in range(m):
        lines += [f"def g{k}(x):", f"    y = np.sin(x) * {k}.5", "    return x + y"]
    body = [f"    x = g{k % m}(x)" for k in range(n - 3 * m)]
    return [*lines, "def f(x):", *body, "    return x"]


def carried(n):
    """A loop that carries many values from round to round."""
    m = max(n // 3, 1)
    lines = [f"    v{k} = x * {k}.5" for k in range(m)]
    body = [f"        v{k} = np.sin(v{(k + 1) % m}) * v{k}" for k in range(m)]
    result = "    return " + " + ".join(f"v{k}" for k in range(0, m, 7))
    return ["def f(x):", *lines, "    for _ in range(5):", *body, result]


def slices(n):
    """Writes to parts and to elements of an array, in place."""
    lines = []
    for k in range(n // 2):
        part = f"{k % 5}:{k % 5 + 3}"
        lines.append(f"    y[{part}] *= np.sin(x[{part}])")
        lines.append(f"    y[{k % 7}] += y[{(k + 3) % 8}] * {k}.5")
    return ["def f(x):", "    y = x * 2.0", *lines, "    return np.sum(y)"]


KINDS = (
    straight,
    one_name,
    branches,
    elif_chain,
    updates,
    loop_body,
    display,
    terms,
    loops,
    callees,
    nested,
    entries,
    calls,
    carried,
    slices,
)
ARRAYS = (updates, slices)  # these take an array


def gradient(f, x):
    """The source of the gradient."""
    return srcad.grad(f).source_for(x)


def second(f, x):
    """The source of the second derivative."""
    inner = srcad.grad(f)
    if isinstance(x, np.ndarray):
        return srcad.grad(lambda x: np.sum(inner(x))).source_for(x)
    return srcad.grad(inner).source_for(x)


def forward(f, x):
    """The source in forward mode."""
    return srcad.jacfwd(f).source_for(x)


def for_numba(f, x):
    """The source of the gradient for Numba, which does not compile it here."""
    dispatcher = srcad.grad(f, backend="numba").dispatcher
    types = {name: argument_type(x, name) for name in dispatcher.names}
    return dispatcher.compiled(types, "numba").generated


HOW = {"grad": gradient, "grad2": second, "forward": forward, "numba": for_numba}


def function_of(kind, n):
    scope = {"np": np}
    return srcad.from_source("\n".join(kind(n)), scope, "f")


def argument_of(kind):
    return np.linspace(0.1, 0.8, 8) if kind in ARRAYS else 0.3


def seconds(kind, n, how=gradient, repeat=3):
    """Least time from a function to the source of its transform."""
    found = []
    for _ in range(repeat):
        f, x = function_of(kind, n), argument_of(kind)
        start = time.process_time()
        how(f, x)
        found.append(time.process_time() - start)
        if sum(found) > 3.0:
            break
    return min(found)


def slope(lengths, times):
    x, y = np.log(lengths[-3:]), np.log(times[-3:])
    return float(np.polyfit(x, y, 1)[0]) if len(x) > 1 else math.nan


def lengths_up_to(most):
    count = int(math.log2(most / 156)) if most >= 312 else 0
    return [round(most / 2**k) for k in range(count, -1, -1)]


def main() -> int:
    parser = argparse.ArgumentParser(description="time to transform against length")
    parser.add_argument("--most", default=5000, type=int, help="statements")
    parser.add_argument("--case", default="", help="part of a kind's name")
    parser.add_argument("--how", choices=list(HOW), default="grad")
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    how = HOW[options.how]
    lengths = lengths_up_to(options.most)
    print(f"{'':12}" + "".join(f"{n:>10}" for n in lengths) + f"{'slope':>8}")
    for kind in [k for k in KINDS if options.case in k.__name__]:
        print(f"{kind.__name__:12}", end="", flush=True)
        times = []
        try:
            for n in lengths:
                times.append(seconds(kind, n, how))
                print(f"{show_time(times[-1]):>10}", end="", flush=True)
            print(f"{slope(lengths, times):8.2f}", flush=True)
        except Exception as error:
            first = (str(error).splitlines() or [""])[0]
            print(f"  {type(error).__name__}: {first[:60]}", flush=True)
        if options.profile:
            profiler = cProfile.Profile()
            profiler.runcall(seconds, kind, lengths[-1], how, 1)
            pstats.Stats(profiler).sort_stats("tottime").print_stats(18)
    return 0


if __name__ == "__main__":
    sys.exit(main())
