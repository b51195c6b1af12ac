"""Every sample of every operation with Numba, in each mode: what compiles, what not.

    python -m tests.ops.numba_matrix [-k TEXT]

Value, tangents and cotangents of each sample are compiled one by one (an hour for all)
and compared with `evaluate`. Prints a line for each operation with the count of samples
that compile in each mode, and what the first that does not is lacking; then the totals.
Exits with 1 where a compiled result is wrong.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections import Counter

import numpy as np

import srcad.ops  # noqa: F401  (declares every family)
from srcad.backend.compiled import CannotCompile, compile_for
from srcad.ops.declare import OPS

from .check import run
from .numbers import close
from .test_printed import cases, printed

MODES = ("value", "tangent", "cotangent")


def matrix(text: str) -> int:
    """Print the lines; gives how many results were wrong."""
    total: Counter[str] = Counter()
    wrong = 0
    for name, op in OPS.items():
        if text not in name or not op.samples():
            continue
        done: Counter[str] = Counter()
        said = ""
        for k, sample in enumerate(op.samples()):
            for mode, (graph, values) in zip(MODES, cases(op, sample), strict=False):
                done[f"{mode} of"] += 1
                try:
                    function = printed(graph, "numba")
                    compile_for(function, values)
                    found = function(*values)
                    expected, _ = run(graph, values)
                    close(
                        found if len(expected) > 1 else [found], expected, 1e-9, 1e-11
                    )
                except AssertionError as error:
                    wrong += 1
                    print(f"WRONG {name}-{k} {mode}: {error}")
                except (CannotCompile, ValueError, NotImplementedError) as error:
                    said = said or " ".join(str(error).split())[:110]
                else:
                    done[mode] += 1
        counts = ", ".join(f"{m} {done[m]}/{done[f'{m} of']}" for m in MODES)
        print(f"{name:22} {counts}  {said}", flush=True)
        total.update(done)
    print("all", ", ".join(f"{m} {total[m]}/{total[f'{m} of']}" for m in MODES))
    return wrong


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "-k", default="", help="only operations with this in their name"
    )
    warnings.simplefilter("ignore")
    with np.errstate(all="ignore"):
        sys.exit(1 if matrix(parser.parse_args().k) else 0)
