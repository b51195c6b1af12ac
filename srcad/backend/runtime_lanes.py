"""Helpers for loops that a compiler runs in the lanes of vectors."""

from __future__ import annotations

from typing import Any

import numpy as np

ROUNDER = 6755399441055744.0  # 1.5 * 2**52


def plus(x: Any, y: Any) -> Any:
    """x + y, of a sum whose terms may be taken in any order."""
    return x + y


def downward(start: int, stop: int) -> Any:
    """The numbers from stop - 1 down to start, for a loop around one in vectors.

    An array, so that a compiler does not see that they count down: LLVM would compare
    where the arrays of the inner loop lie once for all of them, and give up.
    """
    return np.arange(stop - 1, start - 1, -1)


def exp_parts(x: Any) -> Any:
    """The exponential of a float64 as a number near 1 and a power of two: (s, n).

    n is the integer nearest to x / log(2), as a float64, so that |r| < 0.35 for
    r = x - n log(2); and s = exp(r) is its Taylor series (DLMF 4.2.19), whose next
    term is below 5e-18. log(2) is taken off in two parts, n times the first of which is
    exact (W. J. Cody, W. Waite, Software Manual for the Elementary Functions, 1980,
    chapter 6). Adding 1.5 * 2**52 rounds to an integer.
    """
    n = (x * 1.4426950408889634 + ROUNDER) - ROUNDER
    r = (x - n * 0.693145751953125) - n * 1.4286068203094172e-06
    series = 1.0 / 6227020800.0
    series = series * r + 1.0 / 479001600.0
    series = series * r + 1.0 / 39916800.0
    series = series * r + 1.0 / 3628800.0
    series = series * r + 1.0 / 362880.0
    series = series * r + 1.0 / 40320.0
    series = series * r + 1.0 / 5040.0
    series = series * r + 1.0 / 720.0
    series = series * r + 1.0 / 120.0
    series = series * r + 1.0 / 24.0
    series = series * r + 1.0 / 6.0
    series = series * r + 0.5
    series = series * r + 1.0
    series = series * r + 1.0
    return series, n


def power_of_two(rounded: Any) -> Any:
    """2**n for an integer n of -1022 to 1023, given as n + 1.5 * 2**52.

    There n is in the last bits; it goes where the exponent is.
    """
    bits = (np.float64(rounded).view(np.int64) + 1023) << 52
    return np.int64(bits).view(np.float64)


def exp(x: Any) -> Any:
    """The exponential of a float64 within 1 ulp, without a branch or a call.

    2**n goes in two factors, for each of them is a normal number where the result is
    not.
    """
    x = 710.0 if x > 710.0 else x
    x = -746.0 if x < -746.0 else x
    series, n = exp_parts(x)
    half = n * 0.5 + ROUNDER
    rest = n - (half - ROUNDER) + ROUNDER
    return series * power_of_two(half) * power_of_two(rest)


def tanh(x: Any) -> Any:
    """The hyperbolic tangent of a float64 within 1.2 ulp, without a branch or a call.

    For a = |x| it is 1 - 2 / (exp(2 a) + 1) (DLMF 4.28.4), the exponential as in `exp`.
    Where a < 0.8, that would lose digits: there it is a - top / bottom, which is nine
    levels of the continued fraction a / (1 + a**2 / (3 + a**2 / (5 + ...))) of DLMF
    4.39.1 as a quotient; what is left out is below 1e-18 a. One division does for both.
    From a = 20 on the result is 1, so that exponentials above exp(50) are not needed.
    """
    a = abs(x)
    z = a * a
    top = (((44.0 * z + 12870.0) * z + 810810.0) * z + 11486475.0) * (a * z)
    bottom = ((45.0 * z + 13860.0) * z + 945945.0) * z + 16216200.0
    bottom = bottom * z + 34459425.0
    y = a + a
    y = 50.0 if y > 50.0 else y
    series, n = exp_parts(y)
    grown = series * power_of_two(n + ROUNDER) + 1.0
    start = a if a < 0.8 else 1.0
    top = top if a < 0.8 else 2.0
    bottom = bottom if a < 0.8 else grown
    return np.copysign(start - top / bottom, x)
