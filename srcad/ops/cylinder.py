"""Mathieu, parabolic cylinder and spheroidal functions, by their argument.

SciPy gives a function and its slope together; the slope of the slope is read off the
differential equation. By orders and parameters there is no formula. Source: DLMF 12.2,
28.2, 28.20 and 30.2; for oblate functions c is imaginary, and so is the radial x.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from srcad.ir.graph import Value
from srcad.ops.arithmetic import quotient
from srcad.ops.circular import cos, cosh
from srcad.ops.declare import Op
from srcad.ops.domain import at_fixed, spaced
from srcad.ops.families import special
from srcad.ops.multiple import several
from srcad.ops.refused import no_partial

DEGREE = math.pi / 180.0
Second = Callable[..., Any]


def _pair(
    name: str,
    names: str,
    second: Second,
    values: tuple[float, ...],
    between: tuple[float, float],
    scale: float = 1.0,
) -> Op:
    """A function and its slope; `second(f, slope, *inputs)` is the slope of the latter.

    scale : how much of the unit of the slope one unit of the argument is.
    """
    parameters = [n.strip() for n in names.split(",")][:-1]

    def partials(outs: Sequence[Value], *inputs: Value) -> Sequence[Any]:
        f, slope = outs
        after = second(f, slope, *inputs)
        row = [slope, after] if scale == 1.0 else [scale * slope, scale * after]
        return [*(no_partial(name, p) for p in parameters), row]

    fixed = tuple(range(len(values)))
    return several(
        name,
        names,
        2,
        partials,
        domain=lambda: [
            at_fixed(fixed, *values, float(spaced(*between, (1,))[0])),
            at_fixed(fixed, *values, spaced(*between, (2, 2))),
        ],
    )


# ---- Mathieu -------------------------------------------------------------------------


def _characteristic(name: str) -> Op:
    return special(
        name,
        signature="m, q",
        partials=lambda out, m, q: [no_partial(name, "m"), no_partial(name, "q")],
        domain=lambda: [at_fixed((0, 1), 2, 1.3)],
    )


mathieu_a: Op = _characteristic("mathieu_a")
mathieu_b: Op = _characteristic("mathieu_b")


def _mathieu(name: str, value: Op) -> Op:
    """Of an angle in degrees; the slope is by the angle in radians."""
    return _pair(
        name,
        "m, q, x",
        lambda f, slope, m, q, x: (2.0 * q * cos(2.0 * DEGREE * x) - value(m, q)) * f,
        (2, 1.3),
        (20.0, 70.0),
        DEGREE,
    )


def _modified(name: str, value: Op) -> Op:
    return _pair(
        name,
        "m, q, x",
        lambda f, slope, m, q, x: (value(m, q) - 2.0 * q * cosh(2.0 * x)) * f,
        (2, 1.3),
        (0.3, 1.2),
    )


mathieu_cem: Op = _mathieu("mathieu_cem", mathieu_a)
mathieu_sem: Op = _mathieu("mathieu_sem", mathieu_b)
mathieu_modcem1: Op = _modified("mathieu_modcem1", mathieu_a)
mathieu_modcem2: Op = _modified("mathieu_modcem2", mathieu_a)
mathieu_modsem1: Op = _modified("mathieu_modsem1", mathieu_b)
mathieu_modsem2: Op = _modified("mathieu_modsem2", mathieu_b)

# ---- parabolic cylinder --------------------------------------------------------------


def _parabolic(name: str) -> Op:
    return _pair(
        name,
        "v, x",
        lambda f, slope, v, x: (0.25 * x * x - v - 0.5) * f,
        (1.3,),
        (0.3, 2.0),
    )


pbdv: Op = _parabolic("pbdv")
pbvv: Op = _parabolic("pbvv")
pbwa: Op = _pair(
    "pbwa",
    "a, x",
    lambda f, slope, a, x: (a - 0.25 * x * x) * f,
    (0.8,),
    (0.3, 1.5),
)

# ---- spheroidal ----------------------------------------------------------------------


def _eigenvalue(name: str) -> Op:
    return special(
        name,
        signature="m, n, c",
        partials=lambda out, m, n, c: [no_partial(name, k) for k in "mnc"],
        domain=lambda: [at_fixed((0, 1, 2), 1, 2, 1.2)],
    )


pro_cv: Op = _eigenvalue("pro_cv")
obl_cv: Op = _eigenvalue("obl_cv")


def _spheroidal(name: str, value: Op, oblate: bool) -> None:
    """The functions with their eigenvalue given (`_cv`), and without."""
    angular, radial = "ang" in name, "rad" in name
    bend = 1.0 if oblate and radial else -1.0  # of x * x + bend
    stretch = -1.0 if oblate and angular else 1.0

    def second(f: Value, slope: Value, *given: Value) -> Value:
        m, _, c, *own, x = given
        cv = own[0] if own else value(*given[:3])
        around = x * x + bend
        rest = m * m / around
        well = cv - stretch * (c * c) * (x * x) + (-rest if oblate and radial else rest)
        return quotient(well * f - 2.0 * x * slope, around)

    cv = EIGENVALUES[oblate]
    between = (0.2, 0.7) if angular else (1.2, 1.8)
    SPHEROIDAL[name] = _pair(name, "m, n, c, x", second, (1, 2, 1.2), between)
    SPHEROIDAL[f"{name}_cv"] = _pair(
        f"{name}_cv", "m, n, c, cv, x", second, (1, 2, 1.2, cv), between
    )


EIGENVALUES = (6.6091276799902365, 5.374755920351873)  # of m = 1, n = 2, c = 1.2
SPHEROIDAL: dict[str, Op] = {}
for _kind in ("ang1", "rad1"):
    _spheroidal(f"pro_{_kind}", pro_cv, oblate=False)
    _spheroidal(f"obl_{_kind}", obl_cv, oblate=True)
