"""An epidemic's equations fitted to counts, with gradients through `solve_ivp`.

In 1978 influenza went through an English boarding school of 763 boys; each day those
who were in bed were counted (British Medical Journal, 4 March 1978, page 587). The
journal has a figure; these are the counts of De Vries and others ("A course in
mathematical biology", 2006, chapter 9), which R's package `outbreaks` has, too. In the
usual model (Kermack and McKendrick, 1927) ill boys infect healthy ones, and recover:

    healthy' = - infect * healthy * ill / 763
    ill'     =   infect * healthy * ill / 763 - recover * ill

Which rates fit the counts? `least_squares` wants to know how each day's count changes
with each rate. srcad's derivative of `solve_ivp` answers that: it solves the equations
of the sensitivities beside those of the epidemic.

    python examples/06_ode_fit.py

Needs SciPy.
"""

import sys

import numpy as np

try:
    from scipy.integrate import solve_ivp
    from scipy.optimize import least_squares

    from srcad import optim
except ImportError:
    optim = None

BOYS = 763.0
IN_BED = np.array(
    [3, 8, 26, 76, 225, 298, 258, 233, 189, 128, 68, 29, 14, 4], dtype=float
)
DAYS = np.arange(len(IN_BED), dtype=float)


def epidemic(t, state, infect, recover):
    healthy, ill = state
    new = infect * healthy * ill / BOYS
    return np.array([-new, new - recover * ill])


def ill(p, days):
    """How many are ill on each day.

    p holds the logarithms of both rates, per day, and of the number of ill boys on the
    first day: so they stay above 0, whatever the fit tries.
    """
    first = np.exp(p["first"])
    found = solve_ivp(
        epidemic,
        (0.0, 13.0),
        np.array([BOYS - first, first]),
        t_eval=days,
        args=(np.exp(p["infect"]), np.exp(p["recover"])),
        rtol=1e-8,
        atol=1e-8,
    )
    return found.y[1]


def residuals(p, days, counted):
    return ill(p, days) - counted


def bars(counted, fitted):
    """Counts and fit, a line for each day."""
    for day, (seen, model) in enumerate(zip(counted, fitted, strict=True), start=1):
        line = "#" * round(seen / 6.0)
        place = round(model / 6.0)
        line = line.ljust(place + 1)
        line = line[:place] + "|" + line[place + 1 :]
        print(f"  {day:3d} {seen:5.0f} {model:7.1f}  {line}")


def main():
    if optim is None:
        sys.exit("This example needs SciPy: pip install scipy")
    start = {"infect": np.log(1.5), "recover": np.log(0.5), "first": np.log(3.0)}
    fit = optim.least_squares(residuals, start, args=(DAYS, IN_BED))
    vector, back = optim.ravel(start)
    differences = least_squares(lambda v: residuals(back(v), DAYS, IN_BED), vector)
    spread = np.sum(fit.fun**2) / (len(DAYS) - len(vector))
    errors = np.sqrt(spread * np.diag(np.linalg.inv(fit.jac.T @ fit.jac)))

    print("  day in bed   model  (#: in bed, |: model)")
    bars(IN_BED, ill(fit.x, DAYS))
    print()
    for name, error in zip(start, errors, strict=True):
        value = np.exp(fit.x[name])
        print(f"{name:8} {value:6.3f} +- {value * error:.3f}")
    ratio = np.exp(fit.x["infect"] - fit.x["recover"])
    print(f"\nEach ill boy infects {ratio:.1f} others at first.")
    print(f"Sum of squares {2.0 * fit.cost:.1f}, with differences ", end="")
    print(f"{2.0 * differences.cost:.1f}")
    return fit, differences


if __name__ == "__main__":
    main()
