"""What `df.memory` reports beside what gradients take, in both dialects.

    python tests/benchmarks/memory.py [--program TEXT] [--dialect python|numba]

For each program by hand (`tests/handwritten`) and of the GradBench suite, at each size:
the total of the report, the measured peak, and their ratio; `!` marks those that are
off by more than a fifth and by more than 128 kB.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import timing  # noqa: F401  (first: one BLAS thread)

# isort: split
import handwritten

import srcad
from benchmarks import ours, peak
from benchmarks.programs import NAMES, kind_of, load

DIALECTS = ("python", "numba")
Made = Callable[[str], Any]


def programs() -> Iterator[tuple[str, Made, dict[str, Any]]]:
    """Name, what makes the derivative for a dialect, and arguments by size."""
    for name in handwritten.NAMES:
        case = handwritten.load(name)
        sizes = {s: handwritten.arguments(case, s) for s in ("small", "large")}
        yield name, partial(both, case.primal, case.WRT), sizes
    for program in map(load, NAMES):
        if kind_of(program) == "rows":
            continue  # a Jacobian is many runs, and most of its memory is the result
        given = {s: program.arguments(*at) for s, at in program.SIZES.items()}
        name = program.__name__.rpartition(".")[2]
        yield name, partial(derivative, program), given


def both(f: Any, wrt: Any, dialect: str) -> Any:
    return srcad.value_and_grad(f, wrt, backend=dialect)


def derivative(program: Any, dialect: str) -> Any:
    f = program.plain if dialect == "python" else program.loops
    if kind_of(program) == "gradient":
        return both(f, program.WRT, dialect)
    return ours.slope_and_diagonal(f, dialect)


def compared(df: Any, args: Any, dialect: str) -> tuple[int, int | None]:
    """What is reported, and what is measured."""
    df(*args)
    measure = peak.traced if dialect == "python" else peak.resident
    return df.memory(*args).total, measure(lambda: df(*args))


def is_near(told: int, found: int | None) -> bool:
    """Whether a report is within a fifth, or both are little."""
    return abs(told - (found or 0)) <= max(0.2 * (found or 0), peak.MEASURABLE)


def main() -> int:
    parser = argparse.ArgumentParser(description="df.memory against measured peaks")
    parser.add_argument("--program", default="", help="part of a program's name")
    parser.add_argument("--dialect", default="", choices=("", *DIALECTS))
    options = parser.parse_args()
    print(
        f"{'program':34} {'dialect':7} {'reported':>12} {'measured':>12} {'ratio':>6}"
    )
    for name, make, sizes in programs():
        if options.program not in name:
            continue
        for dialect in DIALECTS:
            if options.dialect not in ("", dialect):
                continue
            df = make(dialect)
            for size, args in sizes.items():
                label = f"{name} {size}"
                try:
                    told, found = compared(df, args, dialect)
                except Exception as error:
                    first = (str(error).splitlines() or [""])[0]
                    print(f"{label:34} {dialect:7} {type(error).__name__}: {first}")
                    continue
                mark = "" if is_near(told, found) else " !"
                shown = "-" if found is None else f"{found:,}"
                ratio = "-" if found is None else f"{told / found:.2f}"
                row = f"{label:34} {dialect:7} {told:12,} {shown:>12} {ratio:>6}{mark}"
                print(row, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
