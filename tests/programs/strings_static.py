"""What is known before the program runs: strings, None, types, flags, functions."""

import numpy as np

from .registry import program

V = np.array([0.3, -0.5, 1.2])


@program(V, "sum")
@program(V, "mean")
def mode(x, kind):
    if kind == "sum":
        return np.sum(x * x)
    elif kind in ("mean", "average"):
        return np.mean(x * x)
    return x[0]


@program(0.7)
def none_default(x, y=None):
    if y is None:
        y = x * 2
    return x * y


@program(0.7, 0.3)
def none_given(x, y=None):
    if y is not None:
        return x * y
    return x


@program(V)
@program(0.7)
def by_type(x):
    if isinstance(x, float):
        return x**2
    return np.sum(x**3)


@program(V)
def by_rank(x):
    if x.ndim == 2:
        return np.sum(x @ x)
    if x.ndim == 1 and x.dtype == np.float64:
        return x @ x
    return 0.0


@program(V, np.tanh)
@program(V, np.sin)
def function_argument(x, activation):
    return np.sum(activation(x) * x)


@program(V)
def string_keys(x):
    params = {"first": x[0], "second": x[1]}
    total = 0.0
    for name in ("first", "second"):
        total += params[name] ** 2
    return total


@program(0.7)
def none_variable(x):
    best = None
    for k in range(3):
        y = (x - k) ** 2
        if best is None or y < best:
            best = y
    return best * x


@program(0.7)
def none_until(x):
    previous = None
    total = 0.0
    for k in range(1, 4):
        y = x**k
        if previous is not None:
            total += y * previous
        previous = y
    return total


@program(0.7)
def constants_fold(x):
    n = 3
    if n > 2:
        y = x**n
    else:
        y = x
    return y * (2 * n + 1)


@program(0.7)
def names_of_builtins(x):
    return x * len("abc") + x ** int("2") + float("0.5") * x


@program(0.7)
def prints(x):
    y = x * x
    if y > 100:
        print("large", y)
    return y


@program(V, True)
def static_flag(x, verbose):
    if verbose:
        msg = f"{len(x)} entries"
        assert msg, msg
    return np.sum(x * x)


@program(0.7)
def mode_changes_in_loop(x):
    mode = "grow"
    for _ in range(4):
        x = x * 2.0 if mode == "grow" else x * x
        mode = "square"
    return x


@program(0.7)
def function_from_the_iteration_before(x):
    step = None
    for k in range(3):
        if step is not None:
            x = step(x)
        if k == 0:
            step = np.sin
        else:
            step = lambda y: y * y
    return x


@program(np.array([0.3, 0.8]))
def state_in_a_dict(x):
    state = {"x": x, "n": 0, "kind": "euler"}
    for _ in range(len(x) + 2):
        if state["kind"] == "euler":
            state["x"] = state["x"] + 0.1 * np.sin(state["x"])
        state["n"] += 1
    return state["x"].sum() * state["n"]
