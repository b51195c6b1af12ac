"""Random programs: writes, aliases, views, branches, loops, jumps, calls, lists.

    python -m tests.fuzz.programs FIRST LAST [nested|float32|complex128] [everywhere]

makes the programs of those seeds and checks each: the value is the plain call's, the
gradient agrees with differences, forward with reverse mode, second order with
differences of the first, and every update copying with in-place planning, bit for bit.
A refusal is fine; a wrong number, a changed argument or any other exception is not.

float32 : numbers are in single precision; what they differ from is in double.
complex128 : functions are holomorphic, and differences go along both axes.
everywhere : a module that is exported, and compiled code, agree as well.
"""

import random
import sys
import warnings
from collections import Counter

import numpy as np

import srcad
from srcad.options import OPTIONS

POINT = np.array([0.7, -0.4, 1.1])
DIRECTION = np.array([1.0, 2.0, 3.0])

HEAD = """def h(p, q):
    p[0] = p[0] * 0.5 + q[1]
    return p[1] * 0.5 + q[2]


def hh(p, t):
    q = p * t
    q[1] = 0.2
    return q


def f(x):
    k = 0
    M = np.zeros((2, 3))
    M[0] = x
    a = x * 2.0
    b = np.ones(3)
    c = a
    kept = [x[0], x[1]]
    s = x[0] * x[1]
"""
TAIL = "    return s + (a * b).sum() + c[0] * c[1] + 0.3 * (M * M).sum() + kept[-1]\n"

# {v}, {w}: arrays; {i}: an index; {e}: an entry; {r}: a row; {t}: a threshold.
STATEMENTS = (
    ("{v} = {w}", 10),
    ("{v} = {w} * 1.0", 8),
    ("{v} = {w}.copy()", 3),
    ("{v}[{i}] = {w}[{e}] * s", 8),
    ("{v}[{i}] += {w}[{e}] * 0.5", 8),
    ("{v}[{i}] *= 0.5", 3),
    ("{v} += 0.3 * {w}", 6),
    ("{v} = {v} + 0.3 * np.sin({w})", 6),
    ("{v}, {w} = {w}, {v}", 4),
    ("u = {v}[{part}]\nu {op} 0.7", 5),
    ("{v}[1:] = {w}[:-1]", 5),
    ("s = s + {v}[{e}] * {w}[0]", 6),
    ("s = s * 0.9 if s > {t} else s + {v}[{e}]", 4),
    ("{v} = M[{r}]", 3),
    ("M[{r}] = {v} * 0.9", 4),
    ("M[{r}, {e}] += s * 0.1", 3),
    ("M.T[{e}] = {v}[:2]", 2),
    ("s = h({v}, {w})", 3),
    ("{v} = hh({w}, s)", 3),
    ("kept.append(s * 0.5)", 3),
    ("kept[0] = kept[-1] * {v}[{e}]", 2),
    ("s = s * 1.1 + {v}[1]", 4),
    ("if s > 50.0:\n    return s * 0.1", 2),
)

# Derivatives taken inside; g1 gives numbers, g2 arrays.
NESTED = (
    ("{v} = grad(lambda t: np.sum(np.sin(t) * {w}) * s)({v}) * 0.3", 4),
    ("s = s * 0.5 + grad(lambda t: t * t * {v}[{e}] + np.sin(t * s))({w}[{i}])", 4),
    ("s = s + 0.1 * grad(lambda t: g1(t, {w}))({v})[{e}]", 4),
    ("s = s + 0.1 * grad(g1, 1)({v}, {w})[{e}]", 3),
    ("{v} = 0.1 * grad(h)({w}, {v})", 3),
    ("y, pull = vjp(lambda t: hh(t, s) * {w}, {v})\ns += 0.1 * pull({w})[0][{e}]", 4),
    ("y, dot = jvp(lambda t: g2(t) * s, ({v},), ({w},))\n{v} = 0.2 * dot + 0.1 * y", 4),
    ("{v} = 0.1 * jacobian(lambda t: g2(t) * {w})({v})[{e}]", 2),
    ("s = s + 0.1 * hessian(lambda t: g1(t, {w}))({v})[{e}, 1]", 2),
    ("s = 0.5 * s + grad(grad(lambda t: t**3 * s))({v}[{e}])", 3),
    ("dg = grad(lambda t: np.sum(g2(t)) * s)\n{v} = 0.2 * dg({v}) + 0.1 * dg({w})", 3),
    ("s = s + 0.1 * grad(lambda r: np.sum(r**2) * s)(M[{r}])[{e}]", 2),
)
INNER = """def g1(t, w):
    total = 0.0
    for j in range(3):
        if t[j] > 0.2:
            total = total * 0.5 + t[j] * w[j]
        else:
            total += np.sin(t[j]) * w[0]
    return total


def g2(t):
    u = t * 0.5
    for j in range(1, 3):
        u[j] = u[j - 1] * t[j] + 0.3
    return u


"""
GIVEN = {
    "np": np,
    "grad": srcad.grad,
    "vjp": srcad.vjp,
    "jvp": srcad.jvp,
    "jacobian": srcad.jacobian,
    "hessian": srcad.hessian,
}


class Writer:
    """Writes one random function; with `nested`, one that differentiates inside."""

    def __init__(self, seed, nested=False):
        self.rng = random.Random(seed)
        self.statements = (*STATEMENTS, *NESTED) if nested else STATEMENTS
        self.lines = []
        self.loops = 0

    def text(self):
        self.block(3, 1, self.rng.randint(4, 9))
        return HEAD + "\n".join(self.lines) + "\n" + TAIL

    def line(self, indent, text):
        self.lines += ["    " * indent + part for part in text.split("\n")]

    def block(self, depth, indent, count):
        for _ in range(count):
            kind = self.rng.random()
            if depth and kind < 0.13:
                self.branch(depth, indent)
            elif depth and kind < 0.25:
                self.loop(depth, indent)
            elif self.loops and kind < 0.29:
                jump = self.rng.choice(["break", "continue"])
                self.line(indent, f"if s > {self.rng.choice('123')}.0:\n    {jump}")
            else:
                self.line(indent, self.statement())

    def statement(self):
        templates, weights = zip(*self.statements, strict=True)
        (template,) = self.rng.choices(templates, weights)
        choice = self.rng.choice
        return template.format(
            v=choice("abc"),
            w=choice("abc"),
            i=choice(["0", "1", "-1", "k % 3"]),
            e=choice("012"),
            r=choice("01"),
            t=choice(["0.0", "1.0"]),
            part=choice(["1:", ":-1", "::-1", ":2"]),
            op=choice(["*=", "+="]),
        )

    def branch(self, depth, indent):
        self.line(indent, f"if s > {self.rng.choice('012')}.0:")
        self.block(depth - 1, indent + 1, self.rng.randint(1, 3))
        if self.rng.random() < 0.5:
            self.line(indent, "else:")
            self.block(depth - 1, indent + 1, self.rng.randint(1, 3))

    def loop(self, depth, indent):
        if self.rng.random() < 0.2:
            n, turn = self.rng.choice("123"), f"n{len(self.lines)}"
            self.line(indent, f"{turn} = 0\nwhile {turn} < {n}:\n    {turn} += 1")
        else:
            count = self.rng.choice(["2", "3", "0", "len(x)"])
            self.line(indent, f"for k in range({count}):")
        self.loops += 1
        self.block(depth - 1, indent + 1, self.rng.randint(1, 4))
        self.loops -= 1
        if self.rng.random() < 0.3:
            self.line(indent, "else:")
            self.block(0, indent + 1, 1)


def program(seed, nested=False, dtype="float64"):
    """The function of a seed, and its text."""
    text = (INNER if nested else "") + Writer(seed, nested).text()
    if dtype != "float64":  # what is written to is in the dtype of x
        for made in ("np.zeros((2, 3)", "np.ones(3"):
            text = text.replace(made, f"{made}, dtype=x.dtype")
    if dtype == "complex128":
        text = text.replace("if s >", "if abs(s) >")
    return srcad.from_source(text, dict(GIVEN), name="f"), text


def differences(f, x, h=1e-5):
    """The gradient by central differences of fourth order."""
    found = []
    for k in range(len(x)):
        d = np.zeros_like(x)
        d[k] = h
        near, far = f(x + d) - f(x - d), f(x + 2 * d) - f(x - 2 * d)
        found.append((8 * near - far) / (12 * h))
    return np.array(found)


def close(found, expected, tolerance=1e-4):
    scale = max(1.0, float(np.max(np.abs(expected))))
    return np.allclose(found, expected, rtol=tolerance, atol=tolerance * scale)


def check_single(seed):
    """The same of a program in single precision; no step is small enough for it."""
    f, text = program(seed, dtype="float32")
    x, about = POINT.astype(np.float32), f"seed {seed}\n{text}"
    value, numeric = f(x.copy()), differences(f, POINT)
    if not np.isfinite(value) or abs(value) > 1e4 or np.max(np.abs(numeric)) > 1e4:
        return "skipped"
    if not close(value, f(POINT.copy()), 1e-3):
        return "skipped"  # another branch
    try:
        got, gradient = srcad.value_and_grad(f)(x)
        _, slope = srcad.jvp(f, (x,), (DIRECTION.astype(np.float32),))
    except srcad.InternalError:
        raise
    except srcad.SrcadError:
        return "refused"
    assert np.array_equal(x, POINT.astype(np.float32)), about
    assert got == value and gradient.dtype == np.float32, about
    assert close(gradient, numeric, 1e-3), f"{gradient} {numeric} {about}"
    assert close(slope, numeric @ DIRECTION, 1e-3), f"{slope} {numeric} {about}"
    check_copies(f, x, got, gradient, about)
    return "ok"


def check_complex(seed):
    """The same of a holomorphic program."""
    f, text = program(seed, dtype="complex128")
    x, about = POINT + 0.3j * DIRECTION, f"seed {seed}\n{text}"
    given = x.copy()
    value, numeric = f(x.copy()), differences(f, x)
    turned = -1j * differences(f, x, 1e-5j) * 1j  # along the imaginary axis
    if not np.isfinite(value) or max(abs(value), np.max(np.abs(numeric))) > 1e6:
        return "skipped"
    if not close(turned, numeric):
        return "skipped"  # a branch ends here
    try:
        got, gradient = srcad.value_and_grad(f, holomorphic=True)(x)
        _, slope = srcad.jvp(f, (x,), (DIRECTION * 1j,))
    except srcad.InternalError:
        raise
    except srcad.SrcadError:
        return "refused"
    assert np.array_equal(x, given) and got == value, about
    assert close(gradient, numeric), f"{gradient} {numeric} {about}"
    assert close(slope, numeric @ DIRECTION * 1j), f"{slope} {numeric} {about}"
    return "ok"


def check_everywhere(seed, dtype="float64"):
    """The exported module and compiled code agree with the gradient."""
    f, text = program(seed, dtype=dtype)
    x, about = POINT.astype(dtype), f"seed {seed}\n{text}"
    if dtype == "complex128":
        x = POINT + 0.3j * DIRECTION
    how = {"holomorphic": True} if dtype == "complex128" else {}
    found = []
    for ways in ({}, {"backend": "numba"}):
        df = srcad.value_and_grad(f, **ways, **how)
        try:
            expected = df(x)
            found.append(expected)
            if dtype == "complex128":
                continue
            names = {"__name__": "exported"}
            exec(srcad.value_and_grad(f, **ways).exported((x,)), names)
            found.append(names["f_value_and_grad"](x))
        except srcad.InternalError:
            raise
        except srcad.SrcadError:
            break
    if not found or not np.isfinite(found[0][0]):
        return "refused"
    tolerance = 1e-3 if dtype == "float32" else 1e-9
    for value, gradient in found[1:]:
        assert close(value, found[0][0], tolerance), f"{found} {about}"
        assert close(gradient, found[0][1], tolerance), f"{found} {about}"
    return f"ok in {len(found)}"


def check(seed, second=False, nested=False):
    """Give "ok", "refused" or "skipped"; anything else raises with the seed."""
    f, text = program(seed, nested)
    x = POINT.copy()
    try:
        value = f(x.copy())
        numeric = differences(f, x)
    except srcad.SrcadError:  # a derivative inside is refused in a plain call too
        return "skipped"
    if not np.isfinite(value) or abs(value) > 1e6 or np.max(np.abs(numeric)) > 1e6:
        return "skipped"
    about = f"seed {seed}\n{text}"
    try:
        df = srcad.value_and_grad(f)
        got, gradient = df(x)
        _, slope = srcad.jvp(f, (x,), (DIRECTION,))
    except srcad.InternalError:
        raise
    except srcad.SrcadError:
        return "refused"
    assert np.array_equal(x, POINT), about
    # Inside, a derivative may be added up in another order than on its own.
    assert got == value or (nested and close(got, value)), about
    assert close(gradient, numeric), f"{gradient} {numeric} {about}"
    assert close(slope, numeric @ DIRECTION), f"{slope} {numeric} {about}"
    check_copies(f, x, got, gradient, about)
    if second:
        product = srcad.hvp(f, (x,), (DIRECTION,))
        rows = differences(lambda z: srcad.grad(f)(z) @ DIRECTION, x, 1e-4)
        assert close(product, rows), f"{product} {rows} {about}"
    return "ok"


def check_copies(f, x, value, gradient, about):
    OPTIONS.copies = True
    try:
        other, again = srcad.value_and_grad(f)(x)
    finally:
        OPTIONS.copies = False
    assert other == value and np.array_equal(again, gradient), about


def asked(seed, how):
    """The check of a seed that these words ask for."""
    dtype = next((w for w in how if w in ("float32", "complex128")), "float64")
    if "everywhere" in how:
        return check_everywhere(seed, dtype)
    if dtype != "float64":
        return {"float32": check_single, "complex128": check_complex}[dtype](seed)
    return check(seed, seed % 7 == 0, "nested" in how)


def main(first, last, *how):
    warnings.simplefilter("ignore")
    counts = Counter()
    for seed in range(first, last):
        try:
            counts[asked(seed, how)] += 1
        except Exception as error:  # whatever it is, name the seed
            counts["FAILED"] += 1
            print(f"seed {seed}: {type(error).__name__}: {str(error)[:300]}")
    print(dict(counts))
    return counts["FAILED"]


if __name__ == "__main__":
    sys.exit(1 if main(int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:]) else 0)
