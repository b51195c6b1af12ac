"""Checking derivatives: both modes against differences, to any order.

Takes a function and arguments; draws a random direction and a random cotangent, and
compares what the transforms give with central differences. Order 2 and more checks
transforms of transforms: differences of a derivative against the next derivative.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from srcad.check.chains import chains_of
from srcad.check.numbers import is_single, positions
from srcad.check.point import Comparison, Point, Settings
from srcad.check.report import CheckReport
from srcad.errors import SignatureError

MODES = ("rev", "fwd")


def check_grads(
    f: Callable[..., Any],
    args: Sequence[Any],
    order: int = 2,
    modes: Sequence[str] = MODES,
    *,
    argnums: int | Sequence[int] | None = None,
    atol: float | None = None,
    rtol: float | None = None,
    eps: float | None = None,
    seed: int = 0,
) -> CheckReport:
    """Check the derivatives of a function against differences.

    Parameters
    ----------
    f : callable
        A function or a transform; returns numbers, arrays, or containers of them.
    args : sequence
        Its arguments, at a point where it is smooth. Containers are walked.
    order : int
        Up to which order: 2 checks gradients of gradients.
    modes : sequence of str
        "rev", "fwd", or both.
    argnums : int or tuple of int, optional
        Which arguments to differentiate by; all that hold floats, if not given.
    atol, rtol : float, optional
        Tolerances; by default by the arguments' precision, ten times wider for each
        order.
    eps : float, optional
        Half the step of the differences.
    seed : int
        Of the random directions.

    Returns
    -------
    CheckReport
        The comparisons that were made; it prints as a table.

    Raises
    ------
    AssertionError
        A derivative is not what differences say; the message tells which.
    SignatureError
        There is nothing to differentiate by, or no such mode.
    """
    args = list(args)
    for mode in modes:
        if mode not in MODES:
            raise SignatureError(f"there is no mode {mode!r}", hint='"rev" or "fwd"')
    where = positions(args, argnums)
    single = is_single(args, where)
    settings = Settings(single, atol, rtol, eps)
    rng = np.random.default_rng(seed)
    done: list[Comparison] = []
    for chain in chains_of(f, args, where, order, tuple(modes), rng):
        point = Point(chain, args, where, settings, rng)
        if "fwd" in modes:
            point.check_forward()
        if "rev" in modes:
            point.check_reverse()
        done += point.done
    return CheckReport(done)
