"""The programs of the public GradBench suite: srcad beside its peers and by hand.

    python tests/benchmarks/gradbench.py [--program TEXT] [--budget SECONDS] [--slow]

For each program and size: srcad on plain NumPy and on plain loops (Numba), an adjoint
written by hand for Numba, and of the peers that are installed jax (jitted, waited for),
torch and autograd, all in float64 on one pinned thread. The answers are first checked
equal. The calls take turns; a cell is the least time, and below it the median. Then the
ratios of the least times: each dialect to the peers, and to the adjoint by hand.
"""

import argparse
import math
import os
import statistics
import sys
from pathlib import Path

os.environ.setdefault(
    "XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
)
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.timing import interleaved, settle_allocator, show_time

# isort: split
import numpy as np

from benchmarks import ours
from benchmarks.peers import PEERS
from benchmarks.programs import NAMES, kind_of, load

OURS = {"numpy": ours.by_numpy, "numba": ours.by_numba, "by hand": ours.by_hand}
SHOWN = (*OURS, "jax", "torch", "autograd")
RATIOS = (
    ("numba", "jax"),
    ("numba", "torch"),
    ("numba", "by hand"),
    ("numpy", "jax"),
    ("numpy", "torch"),
    ("numpy", "autograd"),
)


def vector(program, found):
    """All numbers of an answer in a row, for comparison."""
    if kind_of(program) == "rows":
        if len(found) == 2 and np.ndim(found[0]) == 2:  # by hand, ready made
            return np.stack(found).ravel()
        sweeps = [np.asarray(x) for x in found[-6:]]
        columns = [x.reshape((len(x), -1)) for x in sweeps]
        found = [np.concatenate(columns[k : k + 3], axis=1) for k in (0, 3)]
    return np.concatenate([np.ravel(np.asarray(x)) for x in found])


def calls_of(program, size, slow):
    """The calls to measure by tool, checked equal to the adjoint by hand."""
    args = program.arguments(*program.SIZES[size])
    wanted = vector(program, ours.by_hand(program, args)())
    found = {}
    for tool, make in {**OURS, **PEERS}.items():
        limit = getattr(program, "SLOW", {}).get(tool)
        if limit is not None and not slow and program.SIZES[size][-1] > limit:
            continue
        call = make(program, args)
        error = np.max(np.abs(vector(program, call()) - wanted))
        if not error <= 1e-9 * np.max(np.abs(wanted)):
            raise AssertionError(f"{tool} differs by {error:.1e}")
        found[tool] = call
    return found


def measured(name, size, options):
    """The times of each tool in every round."""
    calls = calls_of(load(name), size, options.slow)
    times = interleaved(list(calls.values()), options.budget)
    return dict(zip(calls, times))


def print_row(label, cells):
    print(f"{label:30}" + "".join(f"{cell:>11}" for cell in cells), flush=True)


def show(name, size, times):
    least = [show_time(min(times[t])) if t in times else "-" for t in SHOWN]
    middle = [
        show_time(statistics.median(times[t])) if t in times else "" for t in SHOWN
    ]
    print_row(f"{name} {size}", least)
    print_row("", middle)


def show_ratios(results):
    print("\nratios of the least times")
    print_row("", [f"{a}/{'hand' if b == 'by hand' else b}"[:10] for a, b in RATIOS])
    kept = {pair: [] for pair in RATIOS}
    for label, times in results.items():
        cells = []
        for a, b in RATIOS:
            if a in times and b in times:
                ratio = min(times[a]) / min(times[b])
                kept[a, b].append(ratio)
                cells.append(f"{ratio:.3g}")
            else:
                cells.append("-")
        print_row(label, cells)
    means = [
        f"{math.exp(sum(map(math.log, r)) / len(r)):.3g}" if r else "-"
        for r in kept.values()
    ]
    print_row("geometric mean", means)


def main() -> int:
    parser = argparse.ArgumentParser(description="programs of the GradBench suite")
    parser.add_argument("--program", default="", help="part of a program's name")
    parser.add_argument("--budget", default=0.5, type=float, help="seconds per timing")
    parser.add_argument("--slow", action="store_true", help="peers that take minutes")
    options = parser.parse_args()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    settle_allocator()
    missing = [tool for tool in SHOWN if tool not in {**OURS, **PEERS}]
    print(f"not installed: {', '.join(missing)}" if missing else "all peers installed")
    print_row("", SHOWN)
    results = {}
    for name in [n for n in NAMES if options.program in n]:
        for size in load(name).SIZES:
            try:
                times = measured(name, size, options)
            except Exception as error:
                first = (str(error).splitlines() or [""])[0]
                print(f"{name} {size}: {type(error).__name__}: {first}")
                continue
            show(name, size, times)
            results[f"{name} {size}"] = times
    show_ratios(results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
