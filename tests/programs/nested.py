"""Derivatives taken inside: grad, vjp, jvp, jacobian, ... called by the user's code."""

import functools
import math

import numpy as np

import srcad
from srcad import grad, hessian, jacfwd, jacobian, jvp, value_and_grad, vjp
from srcad import grad as D

from .registry import program

V = np.array([0.3, -0.5, 1.2])
W = np.array([[0.4, -0.2, 0.7], [0.1, 0.9, -0.3]])
RATE = 0.1


# ---- perturbation confusion ----------------------------------------------------------


@program(4.0)
def inner_reads_outer(x):
    return x * D(lambda y: x * y)(2.0)


@program(0.7)
def inner_adds_outer(x):
    return x * D(lambda y: x + y)(1.0)


@program(0.7, order=3)
def same_name_inside(x):
    return D(lambda x: x**3 * math.sin(x))(x * x)


@program(0.7, order=3)
def three_deep(x):
    return D(lambda y: D(lambda z: x * y * y * z * z * z)(y))(x)


@program(0.7, 1.3)
def tangled(x, y):
    f = lambda u: D(lambda v: u * v * v + x * v)(u * y)
    return D(f)(x) * y


# ---- ways to call --------------------------------------------------------------------


@program(0.7, 1.3)
def argnums_chosen(x, y):
    f = lambda a, b: a * b * b + x
    return grad(f, argnums=1)(x, y) * grad(f, 0)(y, x) + grad(f, -1)(x, x)


@program(0.7, 1.3)
def argnums_tuple(x, y):
    f = lambda a, b: a * a * b + y
    da, db = grad(f, argnums=(0, 1))(x, y)
    (dc,) = grad(f, argnums=(1,))(x, y)
    return da * db + dc


@program(0.7, 1.3)
def argnames_and_keywords(x, y):
    def f(a, b=2.0, *, c):
        return a * b * b * c

    one = grad(f, argnames="c")(x, c=y)
    a, b = grad(f, argnames=("a", "b"))(b=y, a=x, c=x)
    return one + a * b


@program(0.7)
def bound_to_a_name(x):
    df = srcad.grad(lambda t: t**3 * x)
    return df(x) * df(2.0) + df(x + 1.0)


@program(0.7)
def called_in_a_loop(x):
    df = grad(lambda t: math.sin(t * x))
    s = 0.0
    for i in range(3):
        s += df(x * i) * i
    return s


def cube(t):
    return t * t * t


dcube = srcad.grad(cube)
ddcube = srcad.grad(srcad.grad(cube))
both_of_cube = srcad.value_and_grad(cube)
slope = srcad.grad(np.tanh)


@program(0.7)
def made_outside(x):
    return dcube(x) * ddcube(x * x) + slope(x)


@program(0.7)
def module_function(x):
    value, slope = both_of_cube(x)
    return value * slope * srcad.grad(cube)(x) * grad(np.sin)(x)


@program(0.7)
def decorated(x):
    @srcad.grad
    def f(t):
        return t * t * x

    @grad(argnums=1)
    def g(a, b):
        return a * b * b

    @srcad.value_and_grad
    def h(t):
        return t * x

    value, slope = h(x)
    return f(x) * g(x, f(2.0)) + value * slope


def outer_derivative(f, x):
    return grad(f)(x)


def slope_maker(f, scale):
    return grad(lambda t: scale * f(t))


@program(0.7)
def through_helpers(x):
    g = slope_maker(cube, x)
    return outer_derivative(cube, x) + outer_derivative(g, x) + g(x)


@program(0.7)
def transforms_as_values(x):
    total = 0.0
    for t in (grad, lambda f: f):
        total += t(cube)(x)
    table = {"d": grad(cube), "f": cube}
    return total * table["d"](x)


class Spring:
    def __init__(self, k):
        self.k = k

    def energy(self, q):
        return 0.5 * self.k * q * q


SPRING = Spring(3.0)


def power_energy(k, q):
    return k * q**4


@program(0.7)
def methods_and_partials(x):
    return grad(SPRING.energy)(x) * grad(SPRING.energy)(x * x) * x


stiff = functools.partial(power_energy, 0.5)


@program(0.7)
def global_partial(x):
    return grad(stiff)(x) * grad(grad(stiff))(x)


@program(2.0)
def promotes_integers(x):
    g = grad(lambda a, b: a * a * b)
    n = 3
    return g(2, x) + g(n, x) * x


# ---- second and higher ---------------------------------------------------------------


@program(0.7)
def grad_of_grad(x):
    return grad(grad(lambda t: math.exp(x * t)))(x)


@program(0.7, order=1)
def third(x):
    f = lambda t: math.sin(x * t)
    return grad(grad(grad(f)))(x)


@program(0.7, 1.3)
def mixed_second(x, y):
    f = lambda a, b: a**3 * b**2 * x
    return grad(grad(f, 0), 1)(x, y) - grad(grad(f, 1), 1)(x, y)


@program(V)
def hessian_inside(x):
    H = hessian(lambda t: np.sum(np.sin(t) * x) * t[0])(x * 2.0)
    return np.sum(H * H) + H[0, 1]


@program(V)
def hvp_inside(x):
    v = srcad.hvp(lambda t: np.sum(t**3 * x), (x * 2.0,), (x,))
    return np.sum(v * v)


# ---- vjp, jvp ------------------------------------------------------------------------


@program(V)
def pullback_once(x):
    y, pull = vjp(lambda t: np.sin(t) * x, x * 2.0)
    (g,) = pull(y)
    return np.sum(g * g)


@program(V)
def pullback_twice(x):
    y, pull = vjp(lambda a, b: np.outer(a, b)[:2] * x[0], x, x * x)
    a, b = pull(y)
    c, d = pull(y * y)
    return np.sum(a * d) + np.sum(b * c)


@program(0.7)
def pullback_unused(x):
    y, pull = vjp(lambda t: t * t * x, x)
    return y * x


@program(V)
def pullback_in_a_loop(x):
    y, pull = vjp(lambda t: np.cumsum(t) ** 2 * x, x)
    s = 0.0
    for k in range(3):
        (g,) = pull(y * k)
        s += g[k] * g[0]
    return s


@program(V)
def vjp_in_a_loop(x):
    for _ in range(3):
        y, pull = srcad.vjp(lambda t: np.tanh(t * x[0]), x)
        x = x - 0.1 * pull(y)[0]
    return x


@program(0.7)
def vjp_with_aux(x):
    y, pull, aux = vjp(lambda t: (t * t * x, t * 3.0), x, has_aux=True)
    return pull(y)[0] * aux


@program(V, V * 0.5)
def jvp_inside(x, v):
    y, dy = jvp(lambda t: np.sin(t) * np.sum(x * t), (x * x,), (v,))
    return np.sum(dy * y)


@program(0.7, 0.2)
def jvp_of_two(x, y):
    out, dot = srcad.jvp(lambda a, b: a * b * b, (x, y), (1.0, x))
    return out * dot


@program(0.7)
def forward_over_reverse(x):
    g = lambda t: grad(lambda u: u**3 * t * x)(t)
    return jvp(g, (x,), (x * x,))[1]


@program(V)
def reverse_over_forward(x):
    f = lambda t: jvp(lambda u: np.sum(u**3 * x), (t,), (x,))[1]
    return grad(f)(x)


# ---- jacobians -----------------------------------------------------------------------


@program(V)
def jacobian_of_vectors(x):
    J = jacobian(lambda t: np.sin(t) * np.sum(x * t))(x * 2.0)
    return J @ x


@program(V)
def jacfwd_of_vectors(x):
    J = jacfwd(lambda t: W @ np.sin(t * x))(x * 2.0)
    return J


@program(V[:2])
def jacobian_of_arrays(x):
    J = jacobian(lambda t: np.outer(t, t * x[0]))(x)
    K = jacfwd(lambda t: np.outer(t, t * x[0]))(x)
    return np.sum(J * J) + np.sum(K)


@program(V, 0.7)
def jacobian_of_numbers(x, s):
    down = jacobian(lambda t: t * x)(s)
    up = jacfwd(lambda t: t * t * x)(s)
    row = jacobian(lambda t: np.sum(t * t) * s)(x)
    return np.sum(down * up * row) + jacfwd(lambda t: t * t)(s)


@program(V, 0.7)
def jacobian_by_two(x, s):
    A, b = jacobian(lambda u, v: u * u * v, argnums=(0, 1))(x, s)
    return A @ b


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


# ---- control flow --------------------------------------------------------------------


@program(0.7)
@program(-0.7)
def branch_inside(x):
    def f(t):
        if t > 0.0:
            return t**3 * x
        return t * t

    return grad(f)(x) * x


@program(0.7)
@program(-0.7)
def inside_a_branch(x):
    if x > 0.0:
        return grad(lambda t: t**3 * x)(x)
    y = grad(lambda t: t * t * x)(x)
    return y * 2.0


@program(V)
def loop_inside(x):
    def f(t):
        s = 0.0
        for k in range(3):
            s = s * t[k] + t[k] ** 2 * x[k]
        return s

    g = grad(f)(x * 0.5)
    return np.sum(g * g)


@program(0.7)
def while_inside(x):
    def f(t):
        k = 0
        while k < 3 and t < 10.0:
            t = t * t + x
            k += 1
        return t

    return grad(f)(x)


@program(V)
def in_nested_loops(x):
    s = 0.0
    for a in x:
        for k in range(2):
            s += grad(lambda t: math.sin(t * a) * s)(a + k)
    return s


@program(0.9)
def newtons_method(a):
    f = lambda x: x**3 + x - a
    df = grad(f)
    x = 1.0
    while abs(f(x)) > 1e-12:
        x = x - f(x) / df(x)
    return x


@program(0.7)
def recursive_inside(x):
    def power(t, n):
        return 1.0 if n == 0 else t * power(t, n - 1)

    return grad(lambda t: power(t, 3) * x)(x)


# ---- as they are used ----------------------------------------------------------------


@program(V)
def newton_system(x):
    def residual(u):
        return np.array([u[0] ** 2 + u[1] - x[0] * 3, u[1] ** 3 - u[0] * x[1] + x[2]])

    u = np.array([1.0, 1.0])
    for _ in range(3):
        u = u - np.linalg.solve(jacfwd(residual)(u), residual(u))
    return u


def lagrangian(q, v, m, k):
    return 0.5 * m * np.sum(v * v) - 0.5 * k * np.sum(q * q) - 0.1 * np.sum(q**4)


@program(V[:2], V[1:], 0.7, 1.5)
def euler_lagrange(q, v, m, k):
    """The acceleration: M a = dL/dq - (d2L/dv dq) v."""
    L = lambda q, v: lagrangian(q, v, m, k)
    M = hessian(L, 1)(q, v)
    C = jacobian(grad(L, 1), 0)(q, v)
    return np.linalg.solve(M, grad(L, 0)(q, v) - C @ v)


def logp(q, scale):
    return -0.5 * np.sum(q * q / scale) - 0.25 * np.sum(q**4)


@program(V, V * 0.3, 0.8)
def leapfrog(q, p, scale):
    dlogp = srcad.grad(logp)
    eps = 0.1
    p = p + 0.5 * eps * dlogp(q, scale)
    for i in range(3):
        q = q + eps * p
        if i != 2:
            p = p + eps * dlogp(q, scale)
    p = p + 0.5 * eps * dlogp(q, scale)
    return logp(q, scale) - 0.5 * np.sum(p * p)


@program(0.05, V)
def learning_rate(rate, w):
    loss = lambda w: np.sum((w**2 - V) ** 2)
    for _ in range(3):
        w = w - rate * grad(loss)(w)
    return loss(w)


@program({"w": V, "b": 0.1}, order=1)
def adapts(params):
    """One step of adaptation by task, then the loss after it (MAML)."""

    def loss(p, x):
        return (np.sum(np.tanh(p["w"] * x)) + p["b"] - x) ** 2

    total = 0.0
    for x in (0.5, 1.5):
        g = grad(loss)(params, x)
        adapted = {"w": params["w"] - RATE * g["w"], "b": params["b"] - RATE * g["b"]}
        total += loss(adapted, 2.0 * x)
    return total


@program(V, V * 0.5, order=1)
def residual_of_a_network(w, b):
    """The residual of u'' + u = 0 at a few points (a PINN)."""
    u = lambda t: np.sum(b * np.tanh(w * t + 0.1))
    uxx = grad(grad(u))
    total = 0.0
    for t in (0.1, 0.4, 0.9):
        total += (uxx(t) + u(t)) ** 2
    return total


@program(np.array([0.5, 0.8]))
def implicit_layer(theta):
    """A fixed point by iteration, then one Newton step that carries the derivative."""
    f = lambda z: np.tanh(W[:, :2] @ z + theta) - z
    z = np.zeros(2)
    for _ in range(20):
        z = z + f(z)
    return z - np.linalg.solve(jacobian(f)(z), f(z))


@program(V)
def prints_once(x):
    def f(t):
        y = np.sum(t * t * x)
        assert y > 0.0, "negative"
        return y * y

    value, g = value_and_grad(f)(x * x)
    return value + np.sum(g)
