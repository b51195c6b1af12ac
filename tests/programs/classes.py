"""Classes: methods, attributes, properties, operators, inheritance, dataclasses."""

import abc
import copy
import dataclasses
import functools
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

import numpy as np

from .registry import program

V = np.array([0.3, -0.5, 1.2, 0.8])
M = np.array([[0.6, -0.2, 0.1], [0.3, 0.9, -0.4], [0.2, 0.5, 0.7]])


class Running:
    """Welford's running variance."""

    def __init__(self):
        self.n = 0
        self.mean = 0.0
        self.m2 = 0.0

    def push(self, v):
        self.n += 1
        d = v - self.mean
        self.mean += d / self.n
        self.m2 += d * (v - self.mean)

    @property
    def variance(self):
        return self.m2 / (self.n - 1)


@program(V)
def running_variance(x):
    r = Running()
    for v in x:
        r.push(v)
    return r.variance


@dataclass
class Layer:
    W: np.ndarray
    b: np.ndarray
    kind: str = "tanh"

    def __call__(self, x):
        z = self.W @ x + self.b
        return np.tanh(z) if self.kind == "tanh" else z


@program(Layer(M, np.array([0.1, 0.2, 0.3])), V[:3])
@program(Layer(M, np.array([0.1, 0.2, 0.3]), "linear"), V[:3])
def instance_as_argument(layer, x):
    return np.sum(layer(x) ** 2)


class Net:
    def __init__(self, layers):
        self.layers = layers

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def loss(self, x, y):
        return np.mean((self.forward(x) - y) ** 2)


@program(
    Net([Layer(M, V[:3]), Layer(M.T, V[1:]), Layer(M, V[:3], "linear")]), V[:3], V[1:]
)
def net_of_layers(net, x, y):
    return net.loss(x, y)


@program(M, V[:3])
def net_made_inside(W, x):
    net = Net([Layer(W, 0.1 * x), Layer(W.T, x, kind="linear")])
    return net.loss(x, np.ones(3))


class Vec:
    """A vector in the plane with the usual operators."""

    def __init__(self, x, y):
        self.x, self.y = x, y

    def __add__(self, other):
        return Vec(self.x + other.x, self.y + other.y)

    def __sub__(self, other):
        return self + -other

    def __neg__(self):
        return Vec(-self.x, -self.y)

    def __mul__(self, k):
        if isinstance(k, Vec):
            return NotImplemented
        return Vec(k * self.x, k * self.y)

    __rmul__ = __mul__

    def __matmul__(self, other):
        return self.x * other.x + self.y * other.y

    def __getitem__(self, k):
        return self.y if k else self.x

    def __len__(self):
        return 2

    def __abs__(self):
        return np.sqrt(self @ self)

    def __eq__(self, other):
        return self.x == other.x and self.y == other.y

    def __bool__(self):
        return bool(abs(self) > 0)

    def __iadd__(self, other):
        self.x += other.x
        self.y += other.y
        return self


@program(0.7)
def leapfrog(q):
    position, velocity = Vec(q, 0.2), Vec(0.0, 1.0)
    for _ in range(10):
        velocity = velocity - 0.1 * position
        position = position + velocity * 0.1
    return position @ position + len(position) * velocity[1]


@program(0.7, 0.4)
def operators(a, b):
    u, v = Vec(a, b), Vec(b, a * b)
    x, y = (u - v).x, (u - v).y
    w = u
    w += v
    if not w:
        return x
    return abs(u) * x + y * (v @ w) + (1.0 if u == v else a)


class Base:
    scale = 2.0

    def __init__(self, k):
        self.k = k

    def f(self, x):
        return self.k * x * self.scale

    @staticmethod
    def square(x):
        return x * x

    @classmethod
    def of(cls, k):
        return cls(k)


class Derived(Base):
    scale = 3.0

    def __init__(self, k, c=0.5):
        super().__init__(k)
        self.c = c

    def f(self, x):
        return super().f(x) + self.c * self.square(x)


class Third(Derived):
    def f(self, x):
        return np.sin(super().f(x))


@program(0.7, 1.1)
def inheritance(k, x):
    return Derived(k).f(x) + Third(k, 0.2).f(x) * Base.of(k).f(x)


@program(0.7, 1.1)
def classmethods(k, x):
    a = Derived.of(k)
    b = type(a)(x)
    c = a.__class__.of(k * x)
    return a.f(x) * b.f(k) + c.f(1.0) + Base.square(k)


class Shape(abc.ABC):
    @abc.abstractmethod
    def area(self): ...


class Circle(Shape):
    def __init__(self, r):
        self.r = r

    def area(self):
        return np.pi * self.r**2


class Square(Shape):
    def __init__(self, s):
        self.s = s

    def area(self):
        return self.s * self.s


@program(0.7, 1.1)
def unequal_objects(r, s):
    total = 0.0
    for shape in [Circle(r), Square(s), Circle(r * s)]:
        total += shape.area()
        if isinstance(shape, Square):
            total = total * s
    return total


@dataclass(frozen=True)
class Params:
    a: float
    b: float = 0.5
    steps: int = 4
    shared: ClassVar[float] = 2.0

    def step(self, x):
        return dataclasses.replace(self, b=self.b + x * self.a)


@program(Params(0.4, 0.9), 0.3)
@program(Params(0.4), 0.3)
def frozen_dataclass(p, x):
    q = p
    for _ in range(p.steps):
        q = q.step(x)
    return q.b * p.shared + q.a


@dataclass
class Track:
    start: float
    gain: float = field(init=False)
    history: list = field(default_factory=list)

    def __post_init__(self):
        self.gain = 2.0 * self.start

    def note(self, v):
        self.history.append(v * self.gain)
        return self


@program(0.7)
def post_init_and_lists(x):
    t = Track(x)
    for k in range(3):
        t.note(x**k).note(x)
    return sum(t.history) + t.gain


@program(V)
def list_grows_in_a_loop(x):
    t = Track(x[0])
    for v in x:
        t.note(v)
    total = 0.0
    for h in t.history:
        total = total + h * h
    return total


class Kalman:
    """A filter of position and speed, written as textbooks do, in place."""

    def __init__(self, q, r, dt=0.1):
        self.x = np.zeros(2)
        self.P = np.eye(2)
        self.F = np.array([[1.0, dt], [0.0, 1.0]])
        self.H = np.array([[1.0, 0.0]])
        self.Q = q * np.eye(2)
        self.R = r

    def predict(self):
        self.x = self.F @ self.x
        self.P = self.F @ self.P @ self.F.T + self.Q

    def update(self, z):
        y = z - self.H @ self.x
        S = self.H @ self.P @ self.H.T + self.R
        K = self.P @ self.H.T @ np.linalg.inv(S)
        self.x = self.x + K @ y
        self.P = (np.eye(2) - K @ self.H) @ self.P
        return 0.5 * (np.log(S[0, 0]) + y[0] ** 2 / S[0, 0])


@program(0.3, 0.5, V, argnums=(0, 1))
def kalman_likelihood(q, r, zs):
    kf = Kalman(q, r)
    total = 0.0
    for z in zs:
        kf.predict()
        total += kf.update(z)
    return total


class Grid:
    def __init__(self, n):
        self.u = np.zeros(n)
        self.t = 0.0

    def set(self, values):
        self.u[:] = values

    def step(self, c):
        self.u[1:-1] += c * (self.u[2:] - 2 * self.u[1:-1] + self.u[:-2])
        self.t += c


@program(V, 0.2)
def array_attribute_in_place(x, c):
    g = Grid(4)
    g.set(x)
    same = g.u
    for _ in range(3):
        g.step(c)
    same[0] *= 2.0
    return np.sum(g.u**2) * g.t


class Particle:
    def __init__(self, x, v):
        self.x = x
        self.v = v


@program([Particle(0.1, 1.0), Particle(0.5, -0.3)], 0.1)
def objects_in_a_list_argument(particles, dt):
    for _ in range(3):
        for p in particles:
            p.v -= dt * p.x
            p.x += dt * p.v
    a, b = particles
    return a.x * a.v + b.x * b.v


@program(0.7)
def object_on_a_branch(x):
    if x > 0.5:
        p = Particle(x, 2.0 * x)
    else:
        p = Particle(1.0, x)
    if x < 5:
        p.v = p.v * x
    return p.x * p.v


@program(0.7)
def attribute_set_late(x):
    p = Particle(x, x)
    for k in range(3):
        p.extra = p.x * k
        p.x = p.x + p.extra
    return p.extra * p.v


class Cached:
    def __init__(self, x):
        self._x = x

    @functools.cached_property
    def square(self):
        return self._x * self._x

    @property
    def x(self):
        return self._x

    @x.setter
    def x(self, value):
        self._x = np.sin(value)


@program(0.7)
def properties(x):
    c = Cached(x)
    c.x = c.x + 1.0
    return c.square * c.square + c.x


class Pair(NamedTuple):
    a: float
    b: float = 2.0

    def product(self):
        return self.a * self.b


@program(0.7)
def named_tuple_methods(x):
    return Pair(x).product() + Pair(x, b=x).product()


@program(0.7, V)
def copies(x, v):
    p = Particle(x, v.copy())
    q = copy.copy(p)
    r = copy.deepcopy(p)
    q.x = 2.0 * q.x
    p.v[0] = 5.0 * x
    return p.x * q.x + q.v[0] * r.v[0]


class Slots:
    __slots__ = ("a", "b")

    def __init__(self, a, b):
        self.a, self.b = a, b


@program(Slots(0.3, 0.9))
def slots(s):
    s.a = s.a * s.b
    return s.a * s.b


class Poly:
    def __init__(self, *coefficients, **options):
        self.coefficients = list(coefficients)
        self.options = options

    def __call__(self, x):
        y = 0.0
        for c in reversed(self.coefficients):
            y = y * x + c
        return y * self.options.get("scale", 1.0)

    def derivative(self):
        return Poly(*[k * c for k, c in enumerate(self.coefficients)][1:])


@program(0.7)
def star_arguments(x):
    p = Poly(1.0, x, 2.0, scale=x)
    return p(x) + getattr(p, "missing", x) + hasattr(p, "options")


class Counter:
    def __init__(self):
        self.calls = 0
        self.best = None

    def __call__(self, x):
        self.calls += 1
        if self.best is None or x < self.best:
            self.best = x
        return self.best


@program(V)
def attribute_that_was_none(x):
    c = Counter()
    total = 0.0
    for v in x:
        total += c(v * v)
    return total + c.best


class Strategy:
    def __init__(self, f):
        self.f = f

    def run(self, x):
        return self.f(x) * 2.0


@program(0.7)
def functions_as_attributes(x):
    return Strategy(np.sin).run(x) + Strategy(lambda y: y * x).run(x)


def energy(p):
    return 0.5 * p.v * p.v + p.x * p.x


@program(0.7)
def object_to_a_function(x):
    p = Particle(x, x * x)
    e = energy(p)
    p.x = e
    return energy(p)


def kick(p, f):
    p.v = p.v + f
    p.x += p.v


@program(0.7)
def object_changed_by_a_function(x):
    p = Particle(x, x * x)
    for _ in range(4):
        kick(p, -0.1 * p.x)
    return p.x


@program(0.7)
def bound_method_as_value(x):
    d = Derived(x)
    fs = [d.f, d.square, Derived.of(2.0).f]
    total = 0.0
    for f in fs:
        total = total + f(x)
    return total


class Node:
    def __init__(self, value, rest=None):
        self.value, self.rest = value, rest


@program(0.9)
def linked_list(x):
    head = None
    for k in range(4):
        head = Node(x * k, head)
    total = 0.0
    while head is not None:
        total = total * x + head.value
        head = head.rest
    return total


@program(0.9)
def one_object_under_two_names(x):
    p = Particle(x, 2 * x)
    pair = [p, p]
    q = pair[1]
    q.x = x * x
    for _ in range(5):
        p.x, p.v = p.v, p.x * x
    return pair[0].x - q.v


@program(0.9)
def array_shared_by_objects(x):
    v = np.zeros(2)
    p, q = Particle(v, 1.0), Particle(v, x)
    p.x[0] = x
    return q.x[0] * q.v
