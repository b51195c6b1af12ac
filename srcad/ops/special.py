"""Special functions of SciPy (known by name: nothing here imports it) and of `math`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from srcad.ir.graph import Literal, Node, Value, literal
from srcad.ir.types import (
    FLOAT,
    UNKNOWN,
    Array,
    Type,
    dims_of,
    elementwise_type,
    kind_of,
)
from srcad.ops.arithmetic import quotient
from srcad.ops.declare import Contribution, Op, custom
from srcad.ops.domain import Sample, at, spaced, unary
from srcad.ops.elementary import exp, log
from srcad.ops.families import special
from srcad.ops.fit import known, matched, sum_
from srcad.ops.kinds import elementwise
from srcad.ops.ranks import expand_dims
from srcad.ops.reduced import Axis, axes_of, reduced
from srcad.ops.refused import Refused
from srcad.ops.ufunc import floating

ERF_SLOPE = 2.0 / math.sqrt(math.pi)
NORMAL_SLOPE = 1.0 / math.sqrt(2.0 * math.pi)
MATH = ("math",)


# ---- sigmoids and logarithms ---------------------------------------------------------

expit: Op = special(
    "expit",
    partials=lambda out, x: [out * (1.0 - out)],
    domain=unary(-3.0, 3.0),
)

log_expit: Op = special(
    "log_expit",
    partials=lambda out, x: [expit(-x)],
    domain=unary(-3.0, 3.0),
)

logit: Op = special(
    "logit",
    partials=lambda out, x: [lambda g: quotient(g, x * (1.0 - x))],
    domain=unary(0.1, 0.9),
)

xlogy: Op = special(
    "xlogy",
    signature="x, y",
    partials=lambda out, x, y: [log(y), lambda g: quotient(g * x, y)],
    domain=lambda: [at(0.5, 2.0), at(spaced(0.1, 1.0, (2, 3)), spaced(1.0, 2.0, (3,)))],
)

entr: Op = special(
    "entr",
    partials=lambda out, x: [-1.0 - log(x)],
    domain=unary(0.1, 2.0),
)

# ---- error functions -----------------------------------------------------------------

erf: Op = special(
    "erf",
    math.erf,
    partials=lambda out, x: [ERF_SLOPE * exp(-(x * x))],
    domain=unary(-2.0, 2.0, via=MATH),
)

erfc: Op = special(
    "erfc",
    math.erfc,
    partials=lambda out, x: [-ERF_SLOPE * exp(-(x * x))],
    domain=unary(-2.0, 2.0, via=MATH),
)

erfinv: Op = special(
    "erfinv",
    partials=lambda out, x: [exp(out * out) / ERF_SLOPE],
    domain=unary(-0.8, 0.8),
)

ndtr: Op = special(
    "ndtr",
    partials=lambda out, x: [NORMAL_SLOPE * exp(-0.5 * (x * x))],
    domain=unary(-2.0, 2.0),
)

# exp(log of the density - out) holds far out, where ndtr itself is 0.
log_ndtr: Op = special(
    "log_ndtr",
    partials=lambda out, x: [NORMAL_SLOPE * exp(-0.5 * (x * x) - out)],
    domain=unary(-3.0, 3.0),
)

# ---- the gamma function --------------------------------------------------------------


def _digamma_partials(out: Value, x: Value) -> Sequence[Any]:
    if kind_of(x.type) == "complex":
        return [Refused("digamma of complex numbers has no derivative rule")]
    return [polygamma(literal(1), x)]


digamma: Op = special(
    "digamma",
    partials=_digamma_partials,
    domain=unary(0.5, 4.0),
)


def _polygamma_partials(out: Value, n: Value, x: Value) -> Sequence[Any]:
    higher = literal(n.value + 1) if isinstance(n, Literal) else n + 1
    return [None, polygamma(higher, x)]


def _polygamma_type(n: Type, x: Type) -> Type:
    """SciPy's is an array always, and double precision."""
    dims = dims_of(elementwise_type(n, x))
    return UNKNOWN if dims is None else Array("float64", dims)


polygamma: Op = elementwise(
    "polygamma",
    calls=("scipy.special.polygamma",),
    signature="n, x",
    infer=_polygamma_type,
    partials=_polygamma_partials,
    domain=lambda: [at(1, 1.5), at(2, spaced(0.5, 3.0, (2, 2)))],
)

gammaln: Op = special(
    "gammaln",
    partials=lambda out, x: [digamma(x)],
    domain=unary(0.5, 4.0),
)

gamma: Op = special(
    "gamma",
    math.gamma,
    partials=lambda out, x: [out * digamma(x)],
    domain=unary(0.5, 4.0, via=MATH),
)


def _float(*types: Type) -> Type:
    return FLOAT


lgamma: Op = elementwise(
    "lgamma",
    calls=(math.lgamma,),
    infer=_float,
    partials=lambda out, x: [digamma(x)],
    domain=lambda: [at(2.5), at(0.3)],
)

# ---- over axes -----------------------------------------------------------------------


def _logsumexp_type(x: Type, axis: Axis = None, keepdims: bool = False) -> Type:
    return reduced(floating(x), axis, keepdims, at_least="float")


def _kept(node: Node, out: Value) -> Value:
    """The result of a reduction so that it broadcasts against the input."""
    axis, x = node.params.get("axis"), node.inputs[0]
    if axis is None or node.params.get("keepdims"):
        return out
    dims = dims_of(x.type)
    if dims is not None and len(dims) == len(axes_of(axis, len(dims))):
        return out
    return expand_dims(out, axis=axis)


def _weights(node: Node) -> Value:
    """The softmax of the input of a logsumexp."""
    return exp(node.inputs[0] - _kept(node, node.out))


def log_sum_jvp(node: Node, tangents: Sequence[Value | None]) -> list[Value | None]:
    """The tangent of the logarithm of a sum of exponentials."""
    (t,) = tangents
    return [None if t is None else sum_(_weights(node) * t, **node.params)]


def log_sum_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    """Its cotangent, by the weights of the terms."""
    g = _kept(node, known(cts[0]))
    return [matched(g * _weights(node), node.inputs[0])]


def _axis_points() -> list[Sample]:
    x = spaced(-1.0, 2.0, (2, 3))
    return [at(x), at(x, axis=0), at(x, axis=-1), at(x[0]), at(x, axis=(0, 1))]


logsumexp: Op = custom(
    "logsumexp",
    calls=("scipy.special.logsumexp",),
    signature="x, axis=None, *, keepdims=False",
    infer=_logsumexp_type,
    jvp=log_sum_jvp,
    vjp=log_sum_vjp,
    domain=lambda: [*_axis_points(), at(spaced(0, 1, (2, 3)), axis=1, keepdims=True)],
)


def _summed(node: Node, t: Value) -> Value:
    """The sum over the node's axes, which stay."""
    axis = node.params.get("axis")
    return sum_(t) if axis is None else sum_(t, axis=axis, keepdims=True)


def _softmax_rule(t: Value, node: Node) -> Value:
    scaled = node.out * t
    return scaled - node.out * _summed(node, scaled)


def _by(rule: Any) -> dict[str, Any]:
    """Both modes of a function whose derivative is `rule(t, node)`, and its own
    transpose."""

    def jvp(node: Node, tangents: Sequence[Value | None]) -> list[Value | None]:
        (t,) = tangents
        return [None if t is None else rule(t, node)]

    def vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
        return [matched(rule(known(cts[0]), node), node.inputs[0])]

    return {"jvp": jvp, "vjp": vjp}


softmax: Op = custom(
    "softmax",
    calls=("scipy.special.softmax",),
    signature="x, axis=None",
    infer=lambda x, axis=None: floating(x),
    domain=_axis_points,
    **_by(_softmax_rule),
)


def _log_softmax_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    (t,) = ts
    return [None if t is None else t - _summed(node, exp(node.out) * t)]


def _log_softmax_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    g = known(cts[0])
    found = g - exp(node.out) * _summed(node, g)
    return [matched(found, node.inputs[0])]


log_softmax: Op = custom(
    "log_softmax",
    calls=("scipy.special.log_softmax",),
    signature="x, axis=None",
    infer=lambda x, axis=None: floating(x),
    jvp=_log_softmax_jvp,
    vjp=_log_softmax_vjp,
    domain=_axis_points,
)
