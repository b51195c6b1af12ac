"""Functions that the tests export."""

import collections
import math

import numpy as np

SCALE = np.array([1.5, 2.0])
CONFIG = {"a": 2.0, "b": [1.0, 2.0]}
BIG = np.linspace(0.0, 1.0, 3000)


def captured(x, n: int = 2, mode="full", *, shift=1):
    r"""A sum of powers, with \alpha and "quotes".

    Parameters
    ----------
    x : array (n,)
    """
    if mode == "full":
        return SCALE[0] * np.sum(x) ** n * CONFIG["a"] + CONFIG["b"][1] * shift
    return x


def large(x):
    return np.sum(BIG * np.sin(x))


def written(u, k):
    for _ in range(3):
        u[1:-1] += k * (u[2:] - 2.0 * u[1:-1] + u[:-2])
    return np.sum(u**2)


def vector(x, y):
    return np.tanh(x) * y, {"s": np.sum(x * y)}


def broadcast(x, y):
    return np.sum(np.sin(x * y))


def path(x, y):
    length = 0.0
    for k in range(len(x) - 1):
        length += np.sqrt((x[k + 1] - x[k]) ** 2 + (y[k + 1] - y[k]) ** 2)
    return length


def along(x, axis):
    return np.sum(np.sum(x, axis=axis) ** 2)


def flagged(x, flag, names):
    return x * 2.0 if flag else x * names[0]


def recursive(x, n):
    return x if n == 0 else math.sin(recursive(x, n - 1)) * x


def with_aux(x):
    return np.sum(x**2), x + 1


def out(out, found):
    return out * found**2


def near_kink(x):
    return abs(x - 1e-5) + x**2


class Weights:
    w = 2.0


def of_object(x, weights):
    return x * weights.w


def along_shared(x, y):
    x[0] = y[1] * 2.0
    return np.sum(x * y)


opaque = np.vectorize(lambda x: x**2, otypes=[float])


def declared(x):
    y = opaque(x) * 2.0
    return y


def tangled(a):
    _tangled(a)
    return np.sum(a**2)


def _tangled(a):
    """With `tangled` and its tangent, three functions want the name `tangled_jvp`."""
    for i in range(1, len(a)):
        for j in range(i):
            a[i] -= a[j] * a[i]


def long_residual(x):
    rows = [np.sin(x), np.cos(x) * x, np.exp(x)]
    first, second = np.vstack(rows), np.column_stack(rows)
    third, fourth = np.stack(rows) ** 2, np.hstack(rows)
    return np.sum(first @ second @ third) * np.prod(fourth) * np.sum(third @ second)


def long_text(x):
    if x < 0.0:
        raise ValueError(
            "a message that is longer than a line of eighty-eight columns "
            "can be, wherever it starts"
        )
    return x * x


rows = np.array([1.0, 2.0, 3.0])


def drawn(x):
    for _ in range(2):
        x = x * np.sin(x)
    return x


def updated(x, n):
    return x if n == 0 else updated(x * 0.5, n - 1) * x


def names_of_helpers(x):
    """What it calls has names of helpers."""
    return np.sum(drawn(x)) + np.sum(updated(x, 2) ** 1.5)


def rows_from_outside(x):
    return np.sum(x * rows)


def a_function_with_a_long_name_of_its_own(x):
    y = x[~np.isnan(x)]
    return np.nanmean(y) * np.nanstd(y) + np.nansum(y**2) + np.nanmax(y) * np.nanmin(y)


def layer(w, x):
    """A layer of a network."""
    return np.tanh(w @ x)


def scaled(x):
    return SCALE * np.sin(x)


def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def log_sum_exp(x):
    largest = np.max(x)
    total = 0.0
    for v in x:
        total += np.exp(v - largest)
    return largest + np.log(total)


def windowed(x, k):
    """The sum of the last three squares, at each place."""
    window = collections.deque(maxlen=3)
    total = 0.0
    for v in x:
        window.append(v * v)
        total += sum(window)
    return total * k


def queued(x):
    queue = collections.deque([x[0]])
    queue.appendleft(x[1] * x[0])
    queue.append(x[2])
    queue.rotate(1)
    return queue.popleft() * queue.pop() + len(queue) * queue[0]
