"""Derivatives taken inside: arguments of every form, and what surrounds them."""

from collections import namedtuple

import numpy as np

from srcad import grad, jacfwd, jacobian, jvp, value_and_grad, vjp

from .registry import program

V = np.array([0.3, -0.5, 1.2])
Point = namedtuple("Point", "a b")


# ---- arguments of every form ---------------------------------------------------------


@program(V, 0.7)
def gradient_of_containers(x, s):
    def loss(p):
        return np.sum(p["w"] * p["w"] * x) * p["b"][0] + p["b"][1] * s

    g = grad(loss)({"w": x, "b": [s, 2.0]})
    return np.sum(g["w"]) * g["b"][0] + g["b"][1]


@program(0.7)
def gradient_of_starred(x):
    f = lambda *ts: ts[0] * ts[1] * ts[1]
    (a, b) = grad(f)(x, x * x)
    return a * b


@program(V)
def one_element_result(x):
    f = lambda t: np.array([t[0] * t[1] * x[2]])
    value, g = value_and_grad(f)(x)
    return value * np.sum(g)


@program(0.7)
def aux_is_kept(x):
    def f(t):
        y = t * t * x
        return y * t, {"y": y, "kind": "cubic"}

    g, aux = grad(f, has_aux=True)(x)
    (value, more), h = value_and_grad(f, has_aux=True)(x)
    assert more["kind"] == "cubic"
    return g * aux["y"] + value * h


@program(V)
def argument_is_written(x):
    def f(t):
        t[0] = t[1] * t[2]
        return np.sum(t * t * x[0])

    y = x * 2.0
    g = grad(f)(y)
    return np.sum(g * y)


@program(V)
def argument_is_a_view(x):
    y = np.concatenate((x, x * x))
    g = grad(lambda t: np.sum(t**3))(y[1:5])
    y[1:5] = g
    return np.sum(y * y)


# ---- with what surrounds it


def cubed_and_pulled(x, k):
    y, pull = vjp(lambda t: t**3 * k, x)
    return pull(y)[0]


@program(0.7)
def callee_differentiates(x):
    s = 0.0
    for i in range(3):
        s = s + cubed_and_pulled(x, i) * cubed_and_pulled(x + s, 2.0)
    return s


def doubled_pullback(pull, cotangent):
    return pull(cotangent)[0] * 2


@program(0.7)
def pullback_as_an_argument(x):
    y, pull = vjp(lambda t: t**3 * x, x)
    return doubled_pullback(pull, y)


@program(0.7)
def pullback_inside_a_derivative(x):
    y, pull = vjp(lambda t: t**3 * x, x)
    return grad(lambda c: pull(c * c)[0] * x)(x)


def recursive(x, n):
    if n == 0:
        return x
    return recursive(grad(lambda t: t * t * x)(x) * 0.5, n - 1)


@program(0.7)
def recursive_function_differentiates(x):
    return recursive(x, 3)


@program(0.9)
def while_with_break(x):
    y = x
    while y < 10.0:
        y = y + grad(lambda t: t**3)(y)
        if y > 5.0:
            break
    return y


@program(0.7)
def structures_by_vjp(x):
    d = {"a": x, "b": (x * x, V * x)}
    f = lambda q: {"s": q["a"] * np.sum(q["b"][1]), "t": q["b"][0] * x}
    y, pull = vjp(f, d)
    (g,) = pull({"s": 1.0, "t": y["s"]})
    return g["a"] * g["b"][0] + np.sum(g["b"][1])


@program(0.7)
def structures_by_jvp(x):
    d = {"a": x, "b": [x * x, 2.0]}
    f = lambda q: (q["a"] * q["b"][0], q["b"][1])
    y, dot = jvp(f, (d,), ({"a": 1.0, "b": [x, 1]},))
    return y[0] * dot[0] + dot[1] * x


@program(0.7)
def gradient_of_a_grown_list(x):
    xs = []
    for k in range(3):
        xs.append(x * k)

    def f(ts):
        s = 0.0
        for t in ts:
            s = s + t * t * x
        return s

    total = 0.0
    for g in grad(f)(xs):
        total = total + g * g
    return total


@program(0.7)
def gradient_of_a_named_tuple(x):
    g = grad(lambda p: p.a * p.b**2)(Point(x, 2.0 * x))
    return g.a * g.b


def filled(out, x):
    out[0] = x * x
    for k in range(2):
        out[k + 1] = out[k] * x
    return out[2]


@program(0.7)
def work_array_is_not_changed(x):
    work = np.zeros(3)
    work[1] = x
    return grad(filled, 1)(work, x) + np.sum(work)


@program(0.7)
def results_are_written_to(x):
    c = V * x
    g, aux = grad(lambda t: (np.sum(t * c), c), has_aux=True)(x * V)
    g[0] = 5.0 * x
    aux[1] = x * x
    y, pull = vjp(lambda t: t, c)
    (p,) = pull(c)
    y[0] = 4.0
    p[1] = x
    return np.sum(c * g) + np.sum(aux * p) + np.sum(y)


@program(0.7)
def early_return_inside(x):
    def f(t):
        for _ in range(5):
            t = t * x
            if t > 3.0:
                return t * t
        return t

    return grad(f)(x)


@program(0.7)
def defaults_and_keywords(x):
    def f(t, *, scale=2.0, shift=x):
        return t * t * scale * shift

    def g(t, y=x):
        return t * t * y

    one = grad(f)(x) + grad(f)(x, scale=x) + grad(f, argnames="shift")(x)
    return one + grad(g, 1)(x) + grad(g, 1)(x, 2.0)


@program(0.7)
def starred_argument(x):
    f = lambda a, *b: a * b[0] * b[1]
    g = lambda a, **k: a * k["u"]
    return grad(f, 1)(x, x, 2.0)[0] + grad(g)(x, u=x) * x


@program(0.7)
def late_binding_of_captured(x):
    y = x

    def outer(a):
        return grad(lambda b: grad(lambda c: c * c * b * a * y)(b))(a)

    y = x * x
    return grad(outer)(x)


@program(0.7)
def jacobian_of_jacobian(x):
    J = jacfwd(jacobian(lambda t: np.sin(t) * np.sum(t)))(V * x)
    return np.sum(J * J) + jacobian(jacobian(lambda t: t**3 * x))(x)


@program(0.7)
def nothing_flows(x):
    return grad(lambda t: x * x)(x) + grad(lambda t: 3)(x) + x
