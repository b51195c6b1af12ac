"""Operations that are given a function: SciPy's root finders, minimizers, integrators.

The function is a graph of the program, by its key in `params["callee"]`; what it
captured from around it are its last parameters. The inputs of such a node are
(*operands, *options, *captured): `Given` takes them apart. The rules are in
`srcad/ad/`, for they need derivatives of that graph.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from srcad.errors import MissingRule
from srcad.ir.graph import Literal, Node, Value
from srcad.ir.types import BOOL, FLOAT, INT, Array, Dict, Tuple, Type, dims_of
from srcad.ops.declare import Op, declared
from srcad.ops.sizes import own_length

Result = Callable[[Sequence[Type], Type], Type]
KIND = "solver"
# Of a solution at the solver's own steps, the state at the end: the field of the object
# by which it is read, which has a derivative where `y` as a whole has none.
END = "y[:, -1]"


@dataclass(frozen=True)
class Solver:
    """How SciPy's function is called, and how it calls the function it is given.

    function : the name of the parameter that takes it. role : what a lambda is named.
    operands : the parameters that have a place of their own.
    takes : what the function is called with: a "number", or the "state", an array like
        the operand that is named `state`.
    gives : what it has to give: a "number", a "vector", the "same" as it takes (then it
        takes a number where the operand is one), or "either".
    options : parameters handed on as they are; they only steer the computation.
    guides : parameters that take functions, called like the first, which only steer it.
    result : types of the operands, type of what the function gives -> the result's.
    """

    function: str
    operands: tuple[str, ...]
    takes: tuple[str, ...]
    gives: str
    options: frozenset[str]
    result: Result
    state: str = ""
    guides: frozenset[str] = frozenset()
    role: str = "f"
    methods: frozenset[str] | None = None


@dataclass(frozen=True)
class Given:
    """The inputs of a solver's node by what they are."""

    operands: tuple[Value, ...]
    options: dict[str, Value]
    captured: tuple[Value, ...]

    @property
    def before(self) -> int:
        """How many inputs stand before what is captured."""
        return len(self.operands) + len(self.options)


def given_of(node: Node) -> Given:
    """Take the inputs of a node apart."""
    count, names = node.params["operands"], node.params["options"]
    inputs, first = node.inputs, count + len(node.params["options"])
    options = dict(zip(names, inputs[count:first], strict=True))
    return Given(inputs[:count], options, inputs[first:])


def solver_params(
    callee: Any,
    operands: int,
    options: Sequence[str],
    guides: Sequence[tuple[str, Any]] = (),
) -> dict[str, Any]:
    """The params of a node."""
    params = {"callee": callee, "operands": operands, "options": tuple(options)}
    return {**params, "guides": tuple(guides)} if guides else params


# For parameters that are not supported, what to write instead.
INSTEAD = {
    "hessp": "give hess, or leave it out",
    **dict.fromkeys(
        ["bounds", "constraints"],
        "a solution at a bound has no derivative rule: write the variables as "
        "functions of free ones, such as exp(x) for a positive one",
    ),
    **dict.fromkeys(
        ["events", "dense_output"],
        "give the times you need as t_eval, and leave it out",
    ),
    **dict.fromkeys(["weight", "wvar", "wopts"], "write the weight into the integrand"),
    "loss": "write the loss into the residuals",
    "complex_func": "integrate the real and the imaginary part",
}

SOLVERS: dict[Op, Solver] = {}
_ROLES = {
    "min": "objective",
    "least": "residuals",
    "quad": "integrand",
    "ode": "rhs",
    "solve": "rhs",
}


def _not_inferred(*types: Type, **params: Any) -> Type:
    raise MissingRule("the type of this result is known where it is made")


def _code(path: str) -> Callable[[Node], str]:
    """`scipy.optimize.brentq(callee, x0, x1, args=(x2,), xtol=x3)`."""

    def code(node: Node) -> str:
        count, options = node.params["operands"], node.params["options"]
        names = [f"x{k}" for k in range(len(node.inputs))]
        places = names[:count]
        if path.endswith("solve_ivp"):
            start, end, y0, *times = places
            places = [f"({start}, {end})", y0, *(f"t_eval={t}" for t in times)]
        captured = names[count + len(options) :]
        named = [f"{k}={v}" for k, v in zip(options, names[count:], strict=False)]
        guides = node.params.get("guides", ())
        named += [f"{name}=guide{k}" for k, (name, _) in enumerate(guides)]
        if captured:
            comma = "," if len(captured) == 1 else ""
            named.insert(0, f"args=({', '.join(captured)}{comma})")
        return f"{path}({', '.join(['callee', *places, *named])})"

    return code


def _solver(path: str, function: str, **facts: Any) -> Op:
    """Declare one of SciPy's functions that take a function."""
    options = frozenset(facts.pop("options").split())
    guides = frozenset(facts.pop("guides", "").split())
    name = path.rpartition(".")[2]
    role = next(
        (r for start, r in _ROLES.items() if name.startswith(start)), "equation"
    )
    op = declared(Op(path, "*x", _not_inferred, _code(path), calls=(path,), kind=KIND))
    SOLVERS[op] = Solver(function, options=options, guides=guides, role=role, **facts)
    return op


# ---- types ---------------------------------------------------------------------------


def _record(**fields: Type) -> Type:
    """An object of SciPy's class of results."""
    cls = sys.modules["scipy.optimize"].OptimizeResult
    return Dict(tuple(fields), tuple(fields.values()), cls)


def vector_type(like: Type) -> Array:
    """The type of a vector as long as an operand; of length 1, if that is a number."""
    dims = dims_of(like)
    return Array("float64", dims if dims else (1,))


def _number(operands: Sequence[Type], gives: Type) -> Type:
    return FLOAT


def _with_error(operands: Sequence[Type], gives: Type) -> Type:
    return Tuple((gives, FLOAT))


_FOUND = {"success": BOOL, "status": INT, "nfev": INT}


def _root_scalar(operands: Sequence[Type], gives: Type) -> Type:
    counts = {"iterations": INT, "function_calls": INT}
    return _record(root=FLOAT, converged=BOOL, **counts)


def _vector(operands: Sequence[Type], gives: Type) -> Type:
    return vector_type(operands[0])


def _root(operands: Sequence[Type], gives: Type) -> Type:
    x = vector_type(operands[0])
    return _record(x=x, fun=x, success=BOOL, status=INT)


def _minimum(operands: Sequence[Type], gives: Type) -> Type:
    return _record(x=vector_type(operands[0]), fun=FLOAT, nit=INT, **_FOUND)


def _minimum_scalar(operands: Sequence[Type], gives: Type) -> Type:
    return _record(x=FLOAT, fun=FLOAT, success=BOOL, nit=INT, nfev=INT)


def _least(operands: Sequence[Type], gives: Type) -> Type:
    x = vector_type(operands[0])
    return _record(x=x, cost=FLOAT, fun=gives, **_FOUND)


def _trajectory(operands: Sequence[Type], gives: Type) -> Type:
    """Columns of `y` belong to entries of `t`."""
    (count,) = dims_of(operands[3]) or () if len(operands) > 3 else (own_length(),)
    (n,) = vector_type(operands[2]).dims
    y, t = Array("float64", (n, count)), Array("float64", (count,))
    last = {} if len(operands) > 3 else {END: Array("float64", (n,))}
    return _record(t=t, y=y, njev=INT, nlu=INT, **_FOUND, **last)


def _table(operands: Sequence[Type], gives: Type) -> Type:
    """Rows belong to entries of `t`."""
    (count,) = dims_of(operands[1]) or (own_length(),)
    return Array("float64", (count, *vector_type(operands[0]).dims))


# ---- roots ---------------------------------------------------------------------------

_NUMBER: dict[str, Any] = {"takes": ("number",), "gives": "number"}
_STATE: dict[str, Any] = {"takes": ("state",), "state": "x0"}

BRACKETED = tuple(
    _solver(
        f"scipy.optimize.{name}",
        "f",
        operands=("a", "b"),
        options="xtol rtol maxiter disp k",
        result=_number,
        **_NUMBER,
    )
    for name in ("brentq", "brenth", "bisect", "ridder", "toms748")
)
newton = _solver(
    "scipy.optimize.newton",
    "func",
    operands=("x0",),
    options="tol maxiter x1 rtol disp",
    guides="fprime fprime2",
    result=_number,
    **_NUMBER,
)
root_scalar = _solver(
    "scipy.optimize.root_scalar",
    "f",
    operands=(),
    options="method bracket x0 x1 xtol rtol maxiter options",
    guides="fprime fprime2",
    result=_root_scalar,
    **_NUMBER,
)
fsolve = _solver(
    "scipy.optimize.fsolve",
    "func",
    operands=("x0",),
    options="xtol maxfev band epsfcn factor diag col_deriv",
    guides="fprime",
    gives="vector",
    result=_vector,
    **_STATE,
)
root = _solver(
    "scipy.optimize.root",
    "fun",
    operands=("x0",),
    options="method tol options",
    guides="jac",
    gives="vector",
    result=_root,
    **_STATE,
)
fixed_point = _solver(
    "scipy.optimize.fixed_point",
    "func",
    operands=("x0",),
    options="xtol maxiter method",
    gives="same",
    result=lambda operands, gives: gives,
    **_STATE,
)

# ---- minima --------------------------------------------------------------------------

minimize = _solver(
    "scipy.optimize.minimize",
    "fun",
    operands=("x0",),
    options="method tol options",
    guides="jac hess",
    gives="number",
    result=_minimum,
    **_STATE,
)
minimize_scalar = _solver(
    "scipy.optimize.minimize_scalar",
    "fun",
    operands=(),
    options="method bracket tol options",
    result=_minimum_scalar,
    methods=frozenset(["brent", "golden"]),
    **_NUMBER,
)
least_squares = _solver(
    "scipy.optimize.least_squares",
    "fun",
    operands=("x0",),
    options="method ftol xtol gtol x_scale diff_step tr_solver tr_options max_nfev",
    guides="jac",
    gives="vector",
    result=_least,
    **_STATE,
)

# ---- integrals -----------------------------------------------------------------------

quad = _solver(
    "scipy.integrate.quad",
    "func",
    operands=("a", "b"),
    options="epsabs epsrel limit points",
    result=_with_error,
    **_NUMBER,
)
quad_vec = _solver(
    "scipy.integrate.quad_vec",
    "f",
    operands=("a", "b"),
    options="epsabs epsrel norm limit quadrature points",
    takes=("number",),
    gives="either",
    result=_with_error,
)

# ---- differential equations ----------------------------------------------------------

solve_ivp = _solver(
    "scipy.integrate.solve_ivp",
    "fun",
    operands=("t0", "t1", "y0", "t_eval"),
    takes=("number", "state"),
    gives="vector",
    options="method rtol atol max_step min_step first_step",
    guides="jac",
    result=_trajectory,
    state="y0",
)
odeint = _solver(
    "scipy.integrate.odeint",
    "func",
    operands=("y0", "t"),
    takes=("state", "number"),
    gives="vector",
    options="tfirst rtol atol hmax hmin h0 mxstep mxordn mxords mxhnil printmessg",
    guides="Dfun",
    result=_table,
    state="y0",
)


def takes_time_first(given: Given) -> bool:
    """Whether `odeint` was told that its function takes the time first."""
    found = given.options.get("tfirst")
    return isinstance(found, Literal) and bool(found.value)
