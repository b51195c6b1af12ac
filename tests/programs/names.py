"""Names: del, nonlocal, global, imports, decorators, walrus, choice of functions."""

import functools

import numpy as np

from .registry import program

V = np.array([0.3, -0.5, 1.2])
SCALE = 2.0
MODE = "square"


@program(0.7)
def deleted_names(x):
    y = x * x
    z = y * x
    del y
    y = z * x
    return y


@program(0.7)
def deleted_in_a_loop(x):
    total = 0.0
    for i in range(3):
        term = x * i
        total += term
        del term
    return total * total


@program(0.7)
def deleted_on_a_branch(x):
    y = x
    if x > 10:
        del y
    return y * y


@program(0.7)
def deleted_entries(x):
    d = {"a": x, "b": x * x, (1, 2): 3.0}
    del d["b"], d[1, 2]
    xs = [x, x**3, x**4, 4.0, 5.0]
    del xs[1], xs[-1]
    del xs[1:2]
    return sum(xs) * len(xs) + d["a"] * len(d) * x


@program(0.7)
def counter(x):
    n = 0

    def count():
        nonlocal n
        n += 1
        return n

    a = count() * x
    b = count() * x * x
    return a + b * count()


@program(0.7)
def accumulator(x):
    total = 0.0

    def add(v):
        nonlocal total
        total = total + v * x

    for i in range(4):
        add(x * i)
        if x > 0.2:
            add(x)
    return total * total


@program(0.7)
def best_so_far(x):
    best = None

    def update(v):
        nonlocal best
        if best is None or v > best:
            best = v

    update(x)
    update(x * x)
    update(2 * x)
    return best * best


@program(0.7)
def two_boxes_of_one_name(x):
    def made():
        s = 0.0

        def push(v):
            nonlocal s
            s += v
            return s

        return push

    p, q = made(), made()
    p(x)
    q(x * x)
    p(x * x * x)
    return p(0.0) * q(x)


@program(0.7)
def box_in_an_inner_loop(x):
    total = 0.0
    for i in range(3):
        n = 0.0

        def add(a):
            nonlocal n, total
            n += a
            total += n * x

        add(x)
        add(x * i)
        total += n
    return total


@program(0.7)
def box_in_a_while(x):
    k = 0
    s = x

    def step():
        nonlocal k, s
        k += 1
        s = s * x + k
        return s < 20.0

    while step():
        if k > 5:
            break
    return s * k


@program(0.7)
def bound_after_the_function(x):
    def scale():
        nonlocal y
        y = y * x

    y = 2.0
    scale()
    scale()
    return y


@program(0.7)
def boxes_of_two_levels(x):
    a = x

    def outer():
        b = 2.0

        def inner():
            nonlocal a, b
            b = b * a
            a = a + b

        inner()
        inner()
        return b

    return outer() * a


@program(0.7)
def box_with_an_array(x):
    v = np.zeros(3)

    def put(k, a):
        nonlocal v
        v = v.copy()
        v[k] = a

    for k in range(3):
        put(k, x**k)
    return np.sum(v * v)


@program(0.7)
def box_with_a_tuple(x):
    p = (1.0, x)

    def turn():
        nonlocal p
        p = (p[1], p[0] * x)

    for _ in range(3):
        turn()
    return p[0] + 2 * p[1]


@program(0.7)
def reads_globals(x):
    global SCALE, MODE
    return x * x * SCALE if MODE == "square" else x


@program(0.7)
def imports(x):
    import math
    import os.path
    from math import pi
    from math import sin as s

    import numpy.linalg as la
    from numpy import cos

    flat = math.cos(x) + la.norm(np.array([x, 2 * x])) + cos(x) * pi
    return s(x) * flat * len(os.path.curdir)


@program(0.7)
def decorated(x):
    def twice(f):
        @functools.wraps(f)
        def g(*args):
            return 2.0 * f(*args)

        return g

    def scaled(k):
        def decorate(f):
            return lambda a: k * f(a)

        return decorate

    @twice
    @scaled(x)
    def h(a):
        return a * a

    @functools.cache
    def kept(a):
        return a * 3

    @functools.lru_cache(maxsize=None)
    def also_kept(a):
        return a * 3

    return h(x) + kept(x) * also_kept(x)


@program(0.7)
@program(2.7)
def walrus_while_else(x):
    s = 0.0
    n = 0
    while (n := n + 1) < 4:
        s += x * n
        if s > 10:
            break
    else:
        s = s * x
    return s


@program(0.7)
def walrus_in_a_chain(x):
    if 0 < (y := x * 2) < 3:
        return y * y
    return y


@program(0.7)
def stars(x):
    pair = (x, x * x)

    def more():
        return *pair, 3.0

    m = np.array([[x, 2.0], [3.0, x]])
    p, q, r = more()
    return p * q * r + m[*(1, 1)] * m[*(0, 0)] + max(*pair, 0.1)


@program(0.7, True, argnums=0)
@program(0.7, False, argnums=0)
def function_by_flag(x, flag):
    f = np.sin if flag else np.cos
    return f(x) + (np.exp if flag is None else np.tanh)(x)


@program(0.7)
@program(0.3)
def function_by_number(x):
    f = np.sin if x > 0.5 else np.cos
    if x > 0.5:
        g = lambda a: a * x
    else:
        g = np.exp
    return f(x) * g(x)


@program(0.7)
def hints_and_fillers(x):
    y: float
    z: "np.ndarray" = x * 2
    y = z * z
    ...

    def stub(): ...

    stub()
    assert y > 0, f"too small: {y:.2f}"
    assert y < 10, "too big"
    return y


@program(0.7)
def recursion_sees_globals(x):
    def halved(n, a):
        if n == 0:
            return np.sin(a) * SCALE
        return halved(n - 1, a * 0.5)

    return halved(3, x)


@program(0.7)
def recursion_with_a_memo(x):
    memo = {}

    def fibonacci(n):
        if n in memo:
            return memo[n]
        r = x if n < 2 else fibonacci(n - 1) + fibonacci(n - 2) * x
        memo[n] = r
        return r

    return fibonacci(5)


@program(0.7)
def memo_in_a_closure(x):
    memo = {}

    def power(k):
        if k not in memo:
            memo[k] = x**k
        return memo[k]

    return power(2) + power(3) * power(2) + len(memo)


@program(0.7)
def recursion_that_counts(x):
    n = 0

    def grown(a, k):
        nonlocal n
        n += 1
        return a if k == 0 else grown(a * x, k - 1)

    return grown(x, 3) * n


@program(0.7)
def functions_registered(x):
    steps = []

    def register(f):
        steps.append(f)
        return f

    @register
    def scaled(v):
        return v * x

    @register
    def shifted(v):
        return v + x

    r = x
    for f in steps:
        r = f(r) * scaled(shifted(x))
    return r


@program(0.7)
def functions_that_change(x):
    f = np.tanh
    y = x
    for _ in range(4):
        y = f(y) * x
        f = np.sin if y > 0.1 else np.cos
    return y


@program(0.7)
def functions_made_in_a_loop(x):
    late, early = [], []
    for k in range(3):
        late.append(lambda v: v * x**k)
        early.append(lambda v, k=k: v * x**k)
    total = 0.0
    for f, g in zip(late, early):
        total += f(x) * g(x)
    return total


@program(0.7)
def best_of_a_tree(x):
    best = 0.0

    def walk(t, depth):
        nonlocal best
        if depth == 0:
            if t > best:
                best = t
            return
        walk(t * x, depth - 1)
        walk(t + x, depth - 1)

    walk(1.0, 3)
    return best * best
