"""Derivatives taken inside: grad, vjp, jvp, jacobian, ... called by the user's code."""

import functools
import math

import numpy as np

import srcad
from srcad import grad, hessian, jacfwd, jacobian, jvp, vjp
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
