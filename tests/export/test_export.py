"""Exported modules: they run without srcad, are right, check what they are given."""

from __future__ import annotations

import ast
import functools
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from handwritten import NAMES, arguments, load

import srcad
from export import programs as p
from srcad import (
    SignatureError,
    SrcadError,
    UnsupportedSyntax,
    grad,
    hessian,
    jacfwd,
    jacobian,
    value_and_grad,
)
from srcad.api import Jacobian
from srcad.backend import compiled, runtime
from srcad.export import standalone
from srcad.export.carry import Carried
from srcad.transform import extended, step_for

X = np.array([0.5, 1.0, 2.0])
# Stands in the way of `import srcad`, wherever it may be installed.
ALONE = """
import importlib.abc, runpy, sys
class Blocked(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.split(".")[0] in {blocked!r}:
            raise ImportError(name)
sys.meta_path.insert(0, Blocked())
runpy.run_path({path!r}, run_name="__main__")
"""
needs_numba = pytest.mark.skipif(not compiled.INSTALLED, reason="needs Numba")


def step(f, kind, argnums=(0,), backend=None):
    return extended(f, step_for(f, kind, argnums), backend)


def run_alone(path, *more):
    """Run a module as a script where srcad cannot be imported."""
    code = ALONE.format(path=str(path), blocked={"srcad", "gast", "astor", *more})
    return subprocess.run(
        [sys.executable, "-I", "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        timeout=120,
    )


def module(text):
    names = {"__name__": "exported"}
    exec(compile(text, "<exported>", "exec"), names)
    return names


CASES = {
    "captured": (grad(p.captured), (X,)),
    "large": (grad(p.large), (np.linspace(0.0, 1.0, 3000),)),
    "written": (value_and_grad(p.written, (0, 1)), (X, 0.1)),
    "vjp": (step(p.vector, "vjp", (0, 1)), (X, X + 1.0)),
    "jvp": (step(p.vector, "jvp", (0, 1)), (X, X + 1.0)),
    "jvp by one": (step(p.vector, "jvp", (1,)), (X, X + 1.0)),
    "fixed axis": (grad(p.along), (np.outer(X, X), 1)),
    "flag": (grad(p.flagged), (1.5, True, [0.5, 1.5])),
    "recursion": (grad(p.recursive), (1, 2)),
    "single": (value_and_grad(p.broadcast, (0, 1)), (X.astype("f4")[:, None], X[:2])),
    "complex": (step(p.broadcast, "vjp", (0, 1)), (X[:, None] + 1j, X)),
    "aux": (grad(p.with_aux, has_aux=True), (X,)),
    "value and aux": (value_and_grad(p.with_aux, has_aux=True), (X,)),
    "second order": (grad(grad(p.recursive)), (1.2, 2)),
    "ufunc": (grad(np.sin), (1.2,)),
    "lambda": (grad(lambda x: x * x), (1.2,)),
    "names": (grad(p.out, (0, 1)), (1.0, 2.0)),
    "tangled names": (step(p.tangled, "jvp"), (X,)),
    "names of helpers": (step(p.names_of_helpers, "vjp"), (X,)),
    "outside": (value_and_grad(p.rows_from_outside), (X,)),
    "long name": (value_and_grad(p.a_function_with_a_long_name_of_its_own), (X,)),
    "long residual": (step(p.long_residual, "vjp"), (X,)),
    "long text": (grad(p.long_text), (1.5,)),
    "no axes": (step(p.broadcast, "jvp", (0, 1)), (np.array(0.5), X)),
    "jacobian": (jacobian(p.layer, (0, 1)), (np.eye(3) + 0.1, X)),
    "jacfwd": (jacfwd(p.layer, (1,)), (np.eye(3) + 0.1, X)),
    "jacobian of a number": (jacfwd(p.recursive), (1, 2)),
    "jacobian that reads from outside": (jacobian(p.scaled), (X[:2],)),
    "jacobian of a partial": (jacobian(functools.partial(p.layer, np.eye(3))), (X,)),
    "hessian": (hessian(p.rosenbrock), (X,)),
    "hessian of a function that writes": (hessian(p.written), (X, 0.1)),
    "third order": (jacfwd(hessian(p.rosenbrock)), (X,)),
    "partial": (grad(functools.partial(p.broadcast, X)), (2.0 * X,)),
    "deque": (value_and_grad(p.windowed, (0, 1)), (np.linspace(0.5, 2.0, 5), 1.5)),
    "deque from both ends": (step(p.queued, "vjp"), (X,)),
}
MATRICES = [c for c, (df, _) in CASES.items() if isinstance(df, Jacobian)]
MATRICES.remove("jacobian of a partial")  # what it binds is a parameter there
every_case = pytest.mark.parametrize("case", CASES)


@pytest.mark.parametrize("name", NAMES)
def test_handwritten_programs_run_alone(name, tmp_path):
    case = load(name)
    gradient = value_and_grad(case.primal, argnums=case.WRT)
    path = gradient.export(tmp_path / "gradient.py", arguments(case, "tiny"))
    scipy = [] if "scipy" in path.read_text() else ["scipy"]
    done = run_alone(path, "numba", *scipy)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("largest error ") and ": right" in done.stdout
    found = module(path.read_text())["primal_value_and_grad"](*arguments(case, "tiny"))
    value, gradients = gradient(*arguments(case, "tiny"))
    assert found[0] == value
    for a, b in zip(standalone.leaves_of(found[1]), standalone.leaves_of(gradients)):
        assert np.array_equal(a, b)


@every_case
def test_cases_run_alone(case, tmp_path):
    df, at = CASES[case]
    done = run_alone(df.export(tmp_path / "gradient.py", at), "numba", "scipy")
    assert (done.returncode, done.stderr) == (0, "")


@every_case
def test_text_is_stable_and_tidy(case, tmp_path):
    df, at = CASES[case]
    text = df.exported(at)
    assert text == df.exported(at)
    long = [line for line in text.splitlines() if len(line) > 88]
    assert len(long) == 2 * (case == "long text")  # the user's own text, twice
    path = tmp_path / "gradient.py"
    path.write_text(text)
    config = Path(__file__).parents[2] / "pyproject.toml"
    ruff = shutil.which("ruff", path=str(Path(sys.executable).parent))
    command = [ruff, "check", "--config", config, "--ignore", "SIM", path]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@needs_numba
@pytest.mark.filterwarnings("ignore::Warning:numba")
def test_numba(tmp_path):
    df = value_and_grad(p.path, (0, 1), backend="numba")
    path = df.export(tmp_path / "gradient.py", (X, X**2))
    assert '@njit(error_model="numpy")\ndef path_adjoint' in path.read_text()
    assert run_alone(path).returncode == 0
    text = step(p.broadcast, "vjp", (0, 1), "numba").exported((X, X))
    assert '@njit(error_model="numpy")\ndef agreed' in text


@needs_numba
def test_helpers_keep_what_the_compiler_may_do(tmp_path):
    df = value_and_grad(p.log_sum_exp, backend="numba")
    path = df.export(tmp_path / "gradient.py", (X,))
    text = path.read_text()
    assert '@njit(error_model="numpy", fastmath={"reassoc"})\ndef plus' in text
    assert '@njit(error_model="numpy", fastmath={"contract"})\ndef exp(' in text
    assert 'fastmath={"contract"})\ndef exp_parts(' in text  # what `exp` calls itself
    assert run_alone(path).returncode == 0


def decays(x):
    y = np.ones(x.shape[1])
    for t in range(x.shape[0]):
        for i in range(x.shape[1]):
            y[i] = y[i] * y[i] * x[t, i]
    return np.sum(y)


@needs_numba
def test_loops_that_count_down_around_vectors(tmp_path):
    df = value_and_grad(decays, backend="numba")
    path = df.export(tmp_path / "gradient.py", (np.ones((3, 5)),))
    text = path.read_text()
    assert '@njit(error_model="numpy")\ndef downward' in text
    assert "in downward(0, rounds):" in text
    assert run_alone(path).returncode == 0


@needs_numba
@pytest.mark.filterwarnings("ignore::Warning:numba")
def test_a_compiled_matrix(tmp_path):
    jitted = pytest.importorskip("numba").njit(p.path)
    for df, at in ((hessian(jitted), (X, X**2)), (jacfwd(jitted), (X, X**2))):
        path = df.export(tmp_path / "matrix.py", at)
        assert '@njit(error_model="numpy")' in path.read_text()
        assert run_alone(path).returncode == 0


def test_a_wrong_derivative_is_found(tmp_path):
    text = value_and_grad(p.written, (0, 1)).exported((X, 0.1))
    wrong = text.replace("u_bar[1:-1] -= 2.0 *", "u_bar[1:-1] -= 2.00001 *")
    assert wrong != text
    path = tmp_path / "gradient.py"
    path.write_text(wrong)
    done = run_alone(path)
    assert done.returncode == 1 and "WRONG" in done.stdout
    for kind, old, new in (
        ("vjp", "1.0 - t * t", "1.001 - t * t"),
        ("jvp", "1.0 - tanh_x * tanh_x", "1.001 - tanh_x * tanh_x"),
    ):
        text = step(p.vector, kind, (0, 1)).exported((X, X))
        assert old in text
        assert module(text)["self_test"]() < 1e-10
        assert module(text.replace(old, new))["self_test"]() > 1e-6


@pytest.mark.parametrize("case", MATRICES)
def test_matrices_are_those_of_the_call(case):
    df, at = CASES[case]
    names = module(df.exported(at))
    found, expected = names[names["__all__"][1]](*at), df(*at)
    for a, b in zip(standalone.leaves_of(found), standalone.leaves_of(expected)):
        assert np.shape(a) == np.shape(b)
        np.testing.assert_allclose(a, b, rtol=1e-13)


def test_a_wrong_matrix_is_found():
    text = hessian(p.rosenbrock).exported((X,))
    assert '__all__ = ["rosenbrock_grad", "rosenbrock_hessian"]' in text
    assert "hessian of rosenbrock: .export(" not in text
    wrong = text.replace("return columns.T", "return 1.001 * columns.T")
    assert wrong != text and module(text)["self_test"]() < 1e-10
    assert module(wrong)["self_test"]() > 1e-4
    text = jacobian(p.layer, 1).exported((np.eye(3) + 0.1, X))
    wrong = text.replace("return result\n", "return result.T\n")
    assert wrong != text and module(wrong)["self_test"]() > 1e-3


def test_a_matrix_says_how_it_was_made(tmp_path):
    made = hessian(p.rosenbrock).export(tmp_path / "h.py", (X,)).read_text()
    assert made.startswith('"""The Hessian of `rosenbrock` by x: the axes of x twice.')
    assert '    hessian of rosenbrock: .export("h.py", at=...)' in made
    assert "<srcad" not in made and "Source: rosenbrock in export.programs" in made


@pytest.mark.parametrize(
    "df, at", [(jacobian(p.vector), (X, X)), (jacobian(p.layer), (X + 1j, X))]
)
def test_a_matrix_of_containers_or_complex_numbers_is_refused(df, at):
    with pytest.raises(UnsupportedSyntax, match="real numbers and arrays") as error:
        df.exported(at)
    assert error.value.span.text.startswith("def ")
    assert error.value.span.filename == p.__file__
    assert "vjp or jvp" in error.value.hint


def test_the_signature_and_docstring_are_the_users():
    names = module(CASES["captured"][0].exported((X,)))
    text = CASES["captured"][0].exported((X,))
    assert 'n: int = 2,\n    mode: str = "full",\n    *,\n    shift: int = 1,' in text
    doc = names["captured_grad"].__doc__
    assert doc.startswith("The gradient of `captured` by x.\n")
    assert 'A sum of powers, with \\alpha and "quotes".' in doc
    assert names["__all__"] == ["captured", "captured_grad"]


def test_captured_data_can_be_given():
    gradient = module(CASES["captured"][0].exported((X,)))["captured_grad"]
    assert np.array_equal(gradient(X), grad(p.captured)(X))
    twice = gradient(X, SCALE=2.0 * p.SCALE)
    assert np.array_equal(twice, 2.0 * gradient(X))
    large = module(CASES["large"][0].exported((np.linspace(0.0, 1.0, 3000),)))
    with pytest.raises(TypeError, match="BIG"):  # too large to be written down
        large["large_grad"](np.zeros(3000))
    assert np.array_equal(large["large_grad"](np.zeros(3000), BIG=p.BIG), p.BIG)


@pytest.mark.parametrize(
    "case, at, message",
    [
        (
            "captured",
            (X[:1],),
            r"x is float64\[1\], and this was made for float64\[:\]",
        ),
        ("captured", (X.astype("f4"),), r"x is float32\[:\]"),
        ("captured", (X, 2, "half"), "mode is 'half', and this was made for 'full'"),
        ("captured", (X, 2.5), "float"),
        ("captured", (np.ma.array(X),), "made for float64"),
        ("fixed axis", (np.outer(X, X), 0), "k|axis is 0, and this was made for 1"),
        ("flag", (1.5, 1, [0.5]), "flag is 1, and this was made for bool"),
        ("flag", (1.5, True, (0.5,)), "names is"),
        ("flag", ("x", True, [0.5]), "x is 'x'"),
    ],
)
def test_other_arguments_are_refused(case, at, message):
    df, point = CASES[case]
    names = module(df.exported(point))
    with pytest.raises(TypeError, match=message):
        names[names["__all__"][1]](*at)


def test_numbers_are_converted():
    names = module(grad(p.recursive).exported((1.0, 2)))
    expected = grad(p.recursive)(2.0, 2)
    for x, n in ((2, 2), (np.float64(2.0), np.int64(2)), (np.array(2.0), 2)):
        assert names["recursive_grad"](x, n) == expected


def test_shapes_and_shared_memory():
    names = module(step(p.vector, "jvp", (0,)).exported((X, X)))
    with pytest.raises(ValueError, match="x_dot has shape"):
        names["vector_jvp"](X, X, x_dot=np.ones(2))
    names = module(step(p.vector, "vjp", (0,)).exported((X, X)))
    _, pullback = names["vector_vjp"](X, X)
    with pytest.raises(ValueError, match="the cotangent has shape"):
        pullback((np.ones(2), {"s": 1.0}))
    names = module(grad(p.along_shared, (0, 1)).exported((X, X + 1.0)))
    shared = np.ones(5)
    with pytest.raises(ValueError, match="shares memory"):
        names["along_shared_grad"](shared[:3], shared[2:])


@pytest.mark.parametrize(
    "df, at, message",
    [
        (
            grad(p.of_object),
            (1.0, p.Weights()),
            "weights is an object of Weights",
        ),
        (grad(p.broadcast), (), "missing a required argument"),
        (grad(lambda *xs: xs[0]), (1.0,), "any number of arguments"),
        (grad(p.near_kink), (0.0,), "may be a kink near the point"),
        (grad(lambda x: x * np.log(x)), (-1.0,), "self-test"),
        (
            step(p.drawn, "jvp"),
            (np.linspace(1.0, 2.0, 300),),
            "names are taken .*drawn",
        ),
        (grad(lambda made_for: made_for**2), (1.0,), "names are taken .*made_for"),
    ],
)
def test_what_is_refused_names_the_users_line(df, at, message):
    with pytest.raises(SrcadError, match=message) as error:
        df.exported(at)
    assert error.value.span is not None
    assert Path(error.value.span.filename).parent == Path(__file__).parent


def test_calls_of_what_is_not_lowered_are_refused():
    srcad.declare(p.opaque, partials=lambda out, x: [2.0 * x])
    try:
        with pytest.raises(
            SrcadError, match="an exported module cannot carry"
        ) as error:
            value_and_grad(p.declared).exported((1.5,))
    finally:
        srcad.undeclare(p.opaque)
    assert error.value.span.text.strip() == "y = opaque(x) * 2.0"


def test_nothing_is_written_where_it_is_refused(tmp_path):
    with pytest.raises(SignatureError):
        grad(p.of_object).export(tmp_path / "gradient.py", (1.0, p.Weights()))
    assert not list(tmp_path.iterdir())


def test_every_helper_can_be_carried():
    carried = Carried()
    own = [
        f
        for f in vars(runtime).values()
        if callable(f) and getattr(f, "__module__", "").startswith("srcad.backend")
    ]
    own += [f for f in vars(standalone).values() if hasattr(f, "__code__")]
    for helper in own:
        carried.add(helper)
    assert len(carried.texts) >= len(own) > 50
    defined = set(carried.texts) | {alias for _, _, alias in carried.imports}
    for text in carried.texts.values():
        tree = ast.parse(text)
        assert "srcad" not in {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
    assert {"np", "Any", "attributes", "NoDerivative"} <= defined


def test_a_header_may_hold_quotes_and_backslashes():
    said = 'srcad export f --at \'x="""\' \\\n    y="\\n"'
    for by in (said, said.replace('"""', '"')):
        text = grad(p.out).exported((1.0, 2.0), by)
        lines = [line.strip() for line in by.splitlines()]
        found = [
            line.strip()
            for line in (ast.get_docstring(ast.parse(text)) or "").splitlines()
        ]
        assert set(lines) <= set(found)


def test_the_hash_is_that_of_the_source():
    def hash_of(f):
        text = grad(f).exported((1.0,))
        return text.partition("sha256\n")[2].split()[0]

    one = srcad.from_source("def f(x):\n    return x * 2.0\n")
    other = srcad.from_source("def f(x):\n    return x * 3.0\n")
    again = srcad.from_source("def f(x):\n    return x * 2.0\n")
    assert hash_of(one) == hash_of(again) != hash_of(other)
