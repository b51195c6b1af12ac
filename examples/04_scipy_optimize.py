"""Exact gradients for scipy.optimize, beside finite differences.

`scipy.optimize.minimize` estimates the gradient by finite differences when it is given
none: one more evaluation for each unknown, and only about half of the digits. With
`jac=True` it takes a function that returns the value and the gradient together, which
is what `value_and_grad` makes. (`srcad.optim.minimize` does this for you, and for
parameters in dicts and other structures.)

    python examples/04_scipy_optimize.py

Needs SciPy.
"""

import sys
import time

import numpy as np

from srcad import value_and_grad

try:
    from scipy.optimize import minimize
except ImportError:
    minimize = None


def rosenbrock(x):
    """A curved valley, flat along its floor; the minimum is 0, where all x are 1."""
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def signal(p, t):
    """A sum of decaying oscillations; p holds four numbers for each of them."""
    total = np.zeros_like(t)
    for k in range(0, len(p), 4):
        decay = p[k] * np.exp(-p[k + 1] * t)
        total += decay * np.cos(p[k + 2] * t + p[k + 3])
    return total


def misfit(p, t, y):
    """Mean squared distance of the signal from measurements y at times t."""
    return np.mean((signal(p, t) - y) ** 2)


def measured(truth, points, rng):
    """Times, and the signal there with a little noise."""
    t = np.linspace(0.0, 10.0, points)
    return t, signal(truth, t) + 0.02 * rng.normal(size=points)


class Counted:
    """A function that counts its calls."""

    def __init__(self, function):
        self.function = function
        self.calls = 0

    def __call__(self, *args):
        self.calls += 1
        return self.function(*args)


def compared(function, start, args=()):
    """Minimize twice; for each way: calls of the function, seconds, the result."""
    rows = {}
    exact = value_and_grad(function)
    exact(start, *args)  # the first call writes and compiles the gradient
    for name, objective, jac in [
        ("value_and_grad", exact, True),
        ("finite differences", function, None),
    ]:
        counted = Counted(objective)
        begin = time.perf_counter()
        result = minimize(counted, start, args=args, jac=jac, method="BFGS")
        rows[name] = counted.calls, time.perf_counter() - begin, result
    return rows


def show(title, rows):
    print(title)
    print(f"    {'gradient by':20} {'calls':>7} {'seconds':>9} {'minimum found':>15}")
    for name, (calls, seconds, result) in rows.items():
        print(f"    {name:20} {calls:7d} {seconds:9.3f} {result.fun:15.3e}")
    print()


def main(unknowns=50, points=400, seed=0):
    if minimize is None:
        sys.exit("This example needs SciPy: pip install scipy")
    rng = np.random.default_rng(seed)

    valley = compared(rosenbrock, np.zeros(unknowns))
    show(f"Rosenbrock's function of {unknowns} unknowns", valley)

    # For each oscillation: amplitude, decay rate, frequency, phase.
    truth = np.array([1.0, 0.15, 3.0, 0.4, 0.6, 0.05, 5.0, -0.8])
    t, y = measured(truth, points, rng)
    start = truth * (1.0 + 0.1 * rng.normal(size=truth.size))
    fit = compared(misfit, start, args=(t, y))
    show(f"Two decaying oscillations fitted to {points} points", fit)
    found = fit["value_and_grad"][2].x
    print("    true  ", np.array2string(truth, precision=3, suppress_small=True))
    print("    found ", np.array2string(found, precision=3, suppress_small=True))

    print("\nThe gradient of the misfit, as srcad wrote it:\n")
    gradient = value_and_grad(misfit)
    gradient(start, t, y)
    print(gradient.source)
    return valley, fit, truth


if __name__ == "__main__":
    main()
