"""one_sweep: sums over independent rounds are differentiated as they are summed."""

import math

import numpy as np
import pytest

import srcad

RNG = np.random.default_rng(4)
X, Y, W = RNG.normal(size=(6, 3)), RNG.normal(size=6), RNG.normal(size=3)


def squares(w, X, y):
    loss = 0.0
    for i in range(len(y)):
        r = X[i] @ w - y[i]
        loss += r**2
    return loss / len(y)


def walked(w, X, y):
    """Rows and numbers in step; a prior after the sum."""
    logp = 0.0
    for x, t in zip(X, y):
        p = 1.0 / (1.0 + np.exp(-x @ w))
        logp += t * np.log(p) + (1.0 - t) * np.log(1.0 - p)
    return 0.5 * np.sum(w**2) - logp


def regularised(w, X, y):
    """The loop after the sum adds to the same cotangent."""
    loss = 0.0
    for i in range(len(y)):
        loss += np.tanh(X[i] @ w) * y[i]
    for j in range(len(w)):
        loss += 0.1 * np.exp(w[j]) ** 2
    return loss


def counted(w, X, y):
    """A loop that is not known to end, and leaves rounds out."""
    i, total = 0, 0.0
    while i < len(y):
        if y[i] > 0.0:
            total += np.sin(X[i] @ w) ** 2
        i += 1
    return total


def branching(w, X, y):
    """One branch keeps a value, the other does not."""
    loss = 0.0
    for i in range(len(y)):
        r = X[i] @ w - y[i]
        if r < 0.5:
            e = np.exp(r)
            loss += e * e
        else:
            loss -= np.sin(r) * r
    return loss


def nested(w, X, y):
    """Independent rounds in independent rounds."""
    total = 0.0
    for i in range(X.shape[0]):
        for j in range(X.shape[1]):
            t = np.exp(w[j] * X[i, j])
            total += t * t * y[i]
    return total


def inner_recurrence(w, X, y):
    """The rounds of the inner loop depend on one another: it has an adjoint loop."""
    total = 0.0
    for i in range(len(y)):
        s = y[i]
        for j in range(len(w)):
            s = np.sin(s + w[j] * X[i, j])
        total += s
    return total


def two_totals(w, X, y):
    """The sums meet in a way whose cotangents are known before the loop."""
    a, b = 0.0, 0.0
    for i in range(len(y)):
        e = np.exp(X[i] @ w)
        a += e
        b += e * e * y[i]
    return 3.0 * a - 2.0 * b


def weights_of_rows(X, w, y):
    """Each round has a row of the cotangent to itself."""
    total = 0.0
    for i in range(len(y)):
        e = np.exp(X[i] @ w)
        total += e * y[i]
    return total


def copied(w, X, y):
    """What is kept would have to be copied: it is written to afterwards."""
    total = 0.0
    for i in range(len(y)):
        row = X[i] * w
        e = np.exp(row)
        total += np.sum(e * row)
        row[0] = 5.0
        total += np.sum(row * w)
    return total


JOINED = [
    (squares, (W, X, Y)),
    (walked, (W, X, np.abs(Y))),
    (regularised, (W, X, Y)),
    (counted, (W, X, Y)),
    (branching, (W, X, Y)),
    (nested, (W, X, Y)),
    (two_totals, (W, X, Y)),
    (weights_of_rows, (X, W, Y)),
    (copied, (W, X, Y)),
]


@pytest.mark.parametrize("f, args", JOINED, ids=lambda x: getattr(x, "__name__", ""))
@pytest.mark.parametrize("backend", ["python", "numba"])
def test_nothing_is_kept(f, args, backend):
    if backend == "numba":
        pytest.importorskip("numba")
    df = srcad.value_and_grad(f, backend=backend)
    value, gradient = df(*args)
    assert "saved" not in df.source and ".append(" not in df.source
    assert value == pytest.approx(f(*args), rel=1e-14)
    plain = srcad.jacfwd(f)(*args)
    np.testing.assert_allclose(gradient, plain, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(
    "f, args",
    [*JOINED, (inner_recurrence, (W, X, Y))],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_derivatives_to_second_order(f, args):
    srcad.check_grads(f, args, order=2)


def test_only_the_inner_loop_keeps():
    df = srcad.grad(inner_recurrence)
    df(W, X, Y)
    assert df.source.count(" = []") == 1
    assert "\n        saved_total = []" in df.source
    assert df.source.count("\n    for ") == 1


def test_the_user_reads_where_the_adjoint_begins():
    df = srcad.value_and_grad(squares)
    df(W, X, Y)
    assert df.source == (
        "import numpy as np\n\n\n"
        "def squares(w, X, y):\n"
        "    n = len(y)\n"
        "    loss = 0.0\n"
        "    w_bar = np.zeros_like(w)\n"
        "    for i in range(n):\n"
        "        X_i = X[i]\n"
        "        r = X_i @ w - y[i]\n"
        "        loss += r ** 2\n"
        "        r_bar = 2.0 / n * r\n"
        "        # r = X[i] @ w - y[i]\n"
        "        w_bar += r_bar * X_i\n"
        "    value = loss / n\n"
        "    return value, w_bar\n"
    )


# ---- where it would be wrong ---------------------------------------------------------


def recurrence(w, X, y):
    s = 0.0
    for i in range(len(y)):
        s = np.tanh(s + X[i] @ w)
    return s


def root_of_sum(w, X, y):
    """The cotangent of each round is known only after the last one."""
    total = 0.0
    for i in range(len(y)):
        r = X[i] @ w - y[i]
        total += r * r
    return np.sqrt(total)


def about_the_mean(w, X, y):
    """The second sum reads the first."""
    mean = 0.0
    for i in range(len(y)):
        e = np.exp(X[i] @ w)
        mean += e / len(y)
    spread = 0.0
    for i in range(len(y)):
        d = np.exp(X[i] @ w) - mean
        spread += d * d
    return spread


def overwritten(w, X, y):
    """The cotangent of a buffer is emptied in each round."""
    buffer = np.zeros(3)
    total = 0.0
    for i in range(len(y)):
        total += buffer[0] * y[i]
        buffer[:] = np.exp(X[i] * w)
        total += np.sum(buffer**2)
    return total


def stopped(w, X, y):
    total = 0.0
    for i in range(len(y)):
        e = np.exp(X[i] @ w)
        total += e * e
        if total > 3.0:
            break
    return total


def scaled_as_it_goes(w, X, y):
    """Not a sum: the total is multiplied."""
    total = 1.0
    for i in range(len(y)):
        e = np.exp(X[i] @ w)
        total = 0.5 * total + e * e
    return total


APART = [
    recurrence,
    root_of_sum,
    about_the_mean,
    overwritten,
    stopped,
    scaled_as_it_goes,
]


@pytest.mark.parametrize("f", APART)
def test_dependent_rounds_stay_apart(f):
    srcad.check_grads(f, (W, X, Y), order=2)
    df = srcad.grad(f)
    df(W, X, Y)
    assert "saved" in df.source


def test_the_first_of_two_sums_waits_for_the_second():
    df = srcad.value_and_grad(about_the_mean)
    df(W, X, Y)
    first, second, adjoint = df.source.split("    for ")[1:]
    assert "_bar" not in first.partition("mean_bar = 0.0")[0]
    assert "mean_bar -=" in second and "w_bar +=" in adjoint


# ---- what else a round does ----------------------------------------------------------


def test_prints_keep_their_order(capsys):
    def f(w, xs):
        total = 0.0
        for x in xs:
            e = math.exp(w * x)
            print("at", x)
            total += e * e
        print("sum")
        return total

    df = srcad.value_and_grad(f)
    df(0.5, [1.0, 2.0])
    assert capsys.readouterr().out == "at 1.0\nat 2.0\nsum\n"
    assert "saved" not in df.source


def test_no_round_at_all():
    value, gradient = srcad.value_and_grad(squares)(W, X[:1], Y[:1])
    assert np.shape(gradient) == (3,)

    def f(w, xs):
        total = 1.0
        for x in xs:
            e = np.exp(w * x)
            total += e * e
        return total

    assert srcad.value_and_grad(f)(0.5, []) == (1.0, 0.0)
    assert srcad.value_and_grad(f)(0.5, [1.0])[1] == pytest.approx(2.0 * math.e)


def test_an_error_of_the_primal_is_raised():
    def f(w, xs):
        total = 0.0
        for x in xs:
            if x < 0.0:
                raise ValueError("negative")
            e = math.exp(w * x)
            total += e * e
        return total

    with pytest.raises(ValueError, match="negative"):
        srcad.grad(f)(0.5, [1.0, -1.0])


def test_memory_does_not_grow_with_the_rounds():
    df = srcad.value_and_grad(squares, backend="python")
    args = (W, np.ones((2000, 3)), np.zeros(2000))
    df(*args)
    report = df.memory(*args)
    assert report.total < 2000 * 8


def test_gradients_of_gradients_are_joined_too():
    def slope(w, X, y):
        return np.sum(srcad.grad(squares)(w, X, y) ** 2)

    srcad.check_grads(slope, (W, X, Y), order=2)
    diagonal = srcad.grad(lambda w: np.sum(srcad.grad(nested)(w, X, Y)))
    second = [
        sum(4.0 * X[:, j] ** 2 * np.exp(2.0 * W[j] * X[:, j]) * Y) for j in range(3)
    ]
    np.testing.assert_allclose(diagonal(W), second, rtol=1e-12)
