"""Generated gradients beside the hand-written ones: time and length.

    python tests/benchmarks/handwritten.py [--case TEXT] [--budget SECONDS] [--numba]

For each case and size: the primal, the hand-written adjoint and the generated one,
measured side by side, taking turns, best of several, with one BLAS thread; then the
lines of code of both (no comments, no blank lines, no imports). At the end the
geometric mean of generated/hand-written and the cases above 1.5.
"""

import argparse
import ast
import inspect
import math
import sys
import types
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.timing import best_times, settle_allocator, show_time

# isort: split
from handwritten import NAMES, arguments, load

import srcad
from srcad.backend import compiled

AIM_MEAN, AIM_EACH = 1.1, 1.5
HEAD = (
    f"{'case':24} {'size':6} {'primal':>9} {'by hand':>9} {'srcad':>9} {'ratio':>6}"
    f" {'lines':>9}"
)


def helpers(function: types.FunctionType) -> list[types.FunctionType]:
    """A function and those of its own module that it calls."""
    found = [function]
    for one in found:
        for name in one.__code__.co_names:
            other = one.__globals__.get(name)
            own = isinstance(other, types.FunctionType)
            if own and other.__module__ == function.__module__ and other not in found:
                found.append(other)
    return found


def count_lines(text: str) -> int:
    """Lines of code: no comments, no blank lines, no imports."""
    lines: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.expr, ast.arg)):
            lines |= {node.lineno, node.end_lineno or node.lineno}
        elif isinstance(node, ast.stmt) and not isinstance(
            node, (ast.Import, ast.ImportFrom)
        ):
            lines.add(node.lineno)
    return len(lines)


def njitted(case: types.ModuleType) -> types.FunctionType:
    """The hand-written Numba form, compiled with the helpers that it calls."""
    scope = dict(vars(case))
    for helper in helpers(case.adjoint_numba)[1:]:
        copy = types.FunctionType(helper.__code__, scope, helper.__name__)
        scope[helper.__name__] = compiled.numba().njit(copy)
    code = case.adjoint_numba.__code__
    return compiled.numba().njit(types.FunctionType(code, scope, "adjoint"))


def measured(name: str, size: str, budget: float, numba: bool) -> tuple[str, float]:
    """One row of the table, and the ratio of generated to hand-written."""
    case = load(name)
    args = arguments(case, size)
    backend = "numba" if numba else "python"
    transform = srcad.value_and_grad(case.primal, argnums=case.WRT, backend=backend)
    entry = transform.entry(args)
    by_hand = njitted(case) if numba else case.adjoint
    calls = [partial(f, *args) for f in (case.primal, by_hand, entry.functions[0])]
    times = best_times(calls, budget)
    source = case.adjoint_numba if numba else case.adjoint
    hand = sum(count_lines(inspect.getsource(f)) for f in helpers(source))
    ours = count_lines(transform.source)
    ratio = times[2] / times[1]
    shown = " ".join(f"{show_time(t):>9}" for t in times)
    lines = f"{ours}/{hand}"
    return f"{name:24} {size:6} {shown} {ratio:6.2f} {lines:>9}", ratio


def main() -> int:
    parser = argparse.ArgumentParser(description="generated against hand-written")
    parser.add_argument("--case", default="", help="part of a case's name")
    parser.add_argument("--budget", default=0.3, type=float, help="seconds per timing")
    parser.add_argument("--numba", action="store_true", help="the forms for Numba")
    options = parser.parse_args()
    settle_allocator()
    print(HEAD)
    ratios = {}
    for name in [n for n in NAMES if options.case in n]:
        if options.numba and load(name).adjoint_numba is None:
            continue
        for size in ("small", "large"):
            try:
                row, ratio = measured(name, size, options.budget, options.numba)
            except Exception as error:
                first = (str(error).splitlines() or [""])[0]
                print(f"{name:24} {size:6} {type(error).__name__}: {first}")
                break
            ratios[f"{name} {size}"] = ratio
            print(row, flush=True)
    if ratios:
        mean = math.exp(sum(map(math.log, ratios.values())) / len(ratios))
        print(f"\ngeometric mean {mean:.2f} (aim {AIM_MEAN})")
        above = [f"{n} {r:.2f}" for n, r in ratios.items() if r > AIM_EACH]
        print(f"above {AIM_EACH:g}: {', '.join(above) or 'none'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
