"""Programs that the drawings are tested on, with arguments."""

import numpy as np


def tutorial(x, y, z):
    p = x + y
    return p * z


def layer(w, x, b):
    return np.tanh(w @ x + b)


def rnn(w, u, b, xs):
    h = np.zeros(3)
    loss = 0.0
    for k in range(len(xs)):
        h = layer(w, h, b) + u * xs[k]
        loss = loss + np.sum(h**2)
    return loss / len(xs)


def mlp(x, y, w1, b1, w2, b2):
    h = np.maximum(x @ w1 + b1, 0.0)
    logits = h @ w2 + b2
    shifted = logits - np.max(logits, axis=1, keepdims=True)
    logp = shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))
    return -np.mean(np.sum(y * logp, axis=1))


def branch_in_loop(x, n):
    s = 0.0
    for k in range(n):
        if s < 2.0:
            s = s + x * x
        else:
            t = np.sin(s)
            s = t * 0.5 + k
    return s * x


def halving(x):
    k = 0
    while x > 1.0:
        x = x / 2
        k += 1
        if k > 5:
            break
    return x**2


def listed(x):
    found = []
    for v in x:
        found.append(v * v)
    total = 0.0
    for a, b in zip(found, x):
        total += a * b
    return total


def nested(m):
    total = 0.0
    for i in range(m.shape[0]):
        row = 1.0
        for j in range(m.shape[1]):
            row = row * m[i, j]
        total += row
    return total


def guarded(p):
    with np.errstate(all="ignore"):
        y = p["a"] / p["b"]
    try:
        z = y * 2.0
    except ZeroDivisionError:
        z = y
    return z


def factorial(x, n):
    return x if n <= 1 else x * factorial(x, n - 1)


def filled(x):
    y = np.zeros(3)
    for i in range(3):
        y[i] = x[i] ** 2
    return np.sum(y)


def long(x, y, z):
    a = x * y + np.sin(z)
    b = a * x - np.cos(y) * z
    c = np.exp(-a * a) + b / (1.0 + y * y)
    d = np.sqrt(c * c + b * b) * np.log(2.0 + a * a)
    e = d * x + c * y + b * z - a
    f = np.tanh(e) * d + np.arctan(c) / (1.0 + d * d)
    g = f * e + np.sin(f) * np.cos(e) - a * b
    h = g * g + f * f + e * e
    i = np.log(1.0 + h) - np.exp(-h) * g + d
    j = i * h + np.sqrt(1.0 + i * i) * c
    k = j / (1.0 + np.exp(-j)) + i * np.tanh(j)
    m = np.sin(k) + np.cos(j) * k - np.log(1.0 + k * k)
    n = m * m + k * k - j * m + np.tanh(m * k)
    o = k * a + j * b + i * c + h * d + n * e - m * f
    return n * x + m * y - k * z + np.exp(-n * n) + o


_draw = np.random.default_rng(0).normal
PROGRAMS = {
    "tutorial": (tutorial, (1.0, 3.0, -3.0)),
    "rnn": (rnn, (_draw(size=(3, 3)), _draw(size=3), _draw(size=3), _draw(size=4))),
    "mlp": (
        mlp,
        (
            _draw(size=(5, 4)),
            np.eye(3)[[0, 1, 2, 0, 1]],
            _draw(size=(4, 6)),
            _draw(size=6),
            _draw(size=(6, 3)),
            _draw(size=3),
        ),
    ),
    "branch_in_loop": (branch_in_loop, (1.2, 4)),
    "halving": (halving, (9.0,)),
    "listed": (listed, ([1.0, 2.0, -0.5],)),
    "nested": (nested, (_draw(size=(2, 3)),)),
    "guarded": (guarded, ({"a": 3.0, "b": 2.0},)),
    "factorial": (factorial, (1.5, 4)),
    "filled": (filled, (_draw(size=3),)),
    "long": (long, (0.5, 1.2, -0.7)),
}
