"""Every test program in the Numba dialect: does it agree with the Python dialect?

    python tests/backend/numba_programs.py [--only TEXT] [--part K/N] [--parallel]
        [--single]

Prints a line for each program that differs or that Numba refuses, with its reason, and
the counts at the end; the exit code is 1 where one differs. Compiling takes about a
second for each: N processes can share the work.
"""

from __future__ import annotations

import argparse
import collections
import sys
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from handwritten import NAMES, arguments, load
from programs import test_programs as programs
from trees import close

import srcad
from backend.shuffled import printed
from srcad.arrays import leaves
from srcad.backend.compiled import CannotCompile
from srcad.pipeline import Step
from srcad.transform import extended


def outcome(name: str, single: bool = False) -> tuple[str, str]:
    """What became of a program: "agrees", "refused" or "differs", and why.

    single : its arrays of float64 are given as arrays of float32.
    """
    tolerance = 1e-3 if single else 1e-9
    try:
        found, expected = (results_of(name, b, single) for b in ("numba", "python"))
    except srcad.SrcadError as error:
        if not isinstance(error.__cause__, Exception) and not is_refusal(error):
            return "differs", f"{type(error).__name__}: {error.message}"
        return "refused", reason(error)
    return (
        ("agrees", "") if close(found, expected, tolerance) else ("differs", "numbers")
    )


def results_of(name: str, backend: str, single: bool = False) -> list[Any]:
    """The numbers of a program's value and gradient."""
    if name not in NAMES:
        return results(programs.PROGRAMS[name], backend, single)
    case = load(name)
    found = srcad.value_and_grad(case.primal, case.WRT, backend=backend)
    return leaves(found(*_given(arguments(case, "small"), single)))


def _given(args: Iterable[Any], single: bool) -> list[Any]:
    """The arguments, their arrays of float64 in single precision if asked for."""
    return [
        x.astype(np.float32) if single and getattr(x, "dtype", "") == np.float64 else x
        for x in args
    ]


def has_threads(name: str) -> bool:
    """Whether a loop of a program's gradient runs on threads."""
    if name in NAMES:
        case = load(name)
        found = srcad.value_and_grad(case.primal, case.WRT)
        args = arguments(case, "small")
    else:
        case = programs.PROGRAMS[name]
        args = case.fresh()
        found = extended(
            case.function, Step("vjp", programs._argnums(case), False), None
        )
    try:
        made = printed(found, found.arguments(args, {}))
    except srcad.SrcadError:
        return False
    return any("prange" in half.text for half in made)


def is_refusal(error: srcad.SrcadError) -> bool:
    """Whether an error says that Numba cannot compile a program."""
    return isinstance(error, CannotCompile)


def reason(error: srcad.SrcadError) -> str:
    """What Numba said, without where."""
    return " ".join(error.message.split())[:160]


def results(case: Any, backend: str, single: bool = False) -> list[Any]:
    """The numbers of the value and the gradient."""
    where = programs._argnums(case)

    def fresh() -> list[Any]:
        return _given(case.fresh(), single)

    out = case.function(*fresh())
    if not isinstance(out, (tuple, list, dict)) and np.size(out) == 1:
        found = srcad.value_and_grad(case.function, where, backend=backend)(*fresh())
    else:
        step = Step("vjp", where, False)
        entry = extended(case.function, step, backend).entry(fresh())
        value, residual = entry.run(fresh())
        found = value, entry.functions[1](residual, value)
    numbers = [x for x in leaves(found) if np.asarray(x).dtype.kind in "bifc"]
    return [x for x in numbers if np.size(x)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="part of a program's name")
    parser.add_argument("--part", default="1/1", help="K/N: each N-th program from K")
    parser.add_argument(
        "--parallel", action="store_true", help="those with loops on threads, so"
    )
    parser.add_argument(
        "--single", action="store_true", help="give arrays in single precision"
    )
    options = parser.parse_args()
    k, n = map(int, options.part.split("/"))
    every = (*NAMES, *programs.PROGRAMS)
    names = [p for p in every if options.only in p][k - 1 :: n]
    if options.parallel:
        names = [name for name in names if has_threads(name)]
        srcad.options.OPTIONS.parallel = True
    counts = collections.Counter()
    warnings.simplefilter("ignore")
    for name in names:
        print(f"{name:60}", end="\r", file=sys.stderr, flush=True)
        try:
            what, why = outcome(name, options.single)
        except Exception as error:  # what nobody foresaw is what we look for
            what, why = "differs", f"{type(error).__name__}: {error}".split("\n")[0]
        counts[what] += 1
        if what != "agrees":
            print(f"{what:8} {name:50} {why}", flush=True)
    print(dict(counts))
    return 1 if counts["differs"] else 0


if __name__ == "__main__":
    sys.exit(main())
