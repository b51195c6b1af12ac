"""What the golden files are made of: small programs beside the hand-written cases."""

import numpy as np
import scipy.integrate
import scipy.optimize

import srcad


def classifier(params, X, labels):
    """A perceptron for digits: cross-entropy of two layers, and weight decay."""
    hidden = np.maximum(X @ params["W1"] + params["b1"], 0.0)
    scores = hidden @ params["W2"] + params["b2"]
    scores = scores - np.max(scores, axis=1, keepdims=True)
    log_probs = scores - np.log(np.sum(np.exp(scores), axis=1, keepdims=True))
    loss = -np.mean(log_probs[np.arange(len(labels)), labels])
    decay = np.sum(params["W1"] ** 2) + np.sum(params["W2"] ** 2)
    return loss + 0.001 * decay


def early_return(x, limit):
    """A return inside a loop, and one inside a branch."""
    if limit <= 0.0:
        return 0.5 * x[0] * x[0]
    total = 0.0
    for k in range(len(x)):
        total = total + x[k] * x[k]
        if total > limit:
            return total * limit
    return total


def search(x, step, bound):
    """A while loop left by a break, with an else."""
    count = 0
    while count < 20:
        x = x - step * np.sin(x)
        if abs(x) < bound:
            found = 2.0 * x
            break
        count += 1
    else:
        found = x * x
    return found * step


def history(x, rate, steps):
    """A list that grows, read after the loop."""
    states = [x]
    for _ in range(steps):
        states.append(rate * states[-1] * (1.0 - states[-1]))
    total = 0.0
    for state in states:
        total += state * state
    return total / len(states)


def norm(v):
    return np.sqrt(np.sum(v * v))


def distance(a, b, weight):
    return weight * norm(a - b)


def nested_calls(a, b, weight):
    """Functions that call functions."""
    return distance(a, b, weight) + norm(b)


def conditions(x, mode="plain"):
    """Branches on data and on a string, nested, with a loop; names of one way only."""
    y = np.tanh(x) if mode == "plain" else x
    if np.sum(y) > 0.0:
        scale = np.mean(y)
        if scale > 0.5:
            y = y * scale
        for k in range(len(y)):
            y[k] = y[k] * y[k]
    else:
        y = -y
    return np.sum(y**3)


def kepler(mean, e):
    """A root: how far from the sun a planet is."""
    E = scipy.optimize.brentq(lambda E: E - e * np.sin(E) - mean, 0.0, 7.0)
    return 1.0 - e * np.cos(E)


def ridge(weights, target):
    """A minimum, with its gradient by srcad."""

    def cost(x):
        return np.sum(weights * (x - target) ** 2) + np.sum(x**4)

    best = scipy.optimize.minimize(
        cost,
        np.zeros(3),
        jac=srcad.grad(cost),
        hess=srcad.hessian(cost),
        method="trust-exact",
        tol=1e-13,
    )
    return np.sum(best.x**2)


def damped(k, times, data):
    """An equation: how far a damped oscillator is from data."""

    def rhs(t, y):
        return np.array([y[1], -k[0] * y[0] - k[1] * y[1]])

    start = np.array([1.0, 0.0])
    solution = scipy.integrate.solve_ivp(
        rhs, (0.0, 5.0), start, t_eval=times, rtol=1e-8, atol=1e-8
    )
    return np.sum((solution.y[0] - data) ** 2)


def arguments(name):
    """(function, argnums, arguments of a call) of a program."""
    rng = np.random.default_rng(5)
    if name == "classifier":
        params = {
            "W1": 0.3 * rng.normal(size=(8, 6)),
            "b1": 0.1 * rng.normal(size=6),
            "W2": 0.3 * rng.normal(size=(6, 4)),
            "b2": 0.1 * rng.normal(size=4),
        }
        return classifier, (0,), (params, rng.normal(size=(7, 8)), np.arange(7) % 4)
    if name == "nested_calls":
        return nested_calls, (0, 1, 2), (rng.normal(size=4), rng.normal(size=4), 0.7)
    return {
        "damped": (
            damped,
            (0,),
            (np.array([2.0, 0.3]), np.linspace(0.5, 3.0, 4), rng.normal(size=4)),
        ),
        "kepler": (kepler, (0, 1), (1.2, 0.3)),
        "ridge": (ridge, (0, 1), (np.array([1.0, 2.0, 0.5]), rng.normal(size=3))),
        "early_return": (early_return, (0, 1), (rng.normal(size=9), 3.0)),
        "search": (search, (0, 1), (1.5, 0.4, 0.1)),
        "history": (history, (0, 1), (0.3, 2.5, 6)),
        "conditions": (conditions, (0,), (0.5 + rng.normal(size=5), "plain")),
    }[name]


NAMES = (
    "classifier",
    "conditions",
    "damped",
    "early_return",
    "history",
    "kepler",
    "nested_calls",
    "ridge",
    "search",
)
