"""Rules for numbers in adjoint code: no wider and no narrower than what they meet.

A Python number has no precision of its own: NumPy gives it that of the array that it
meets. An integer becomes a float where it meets one. So neither a cast nor a factor of
1.0 is needed to say so.
"""

from __future__ import annotations

from srcad.ir.graph import Value, literal
from srcad.ir.types import Array, Scalar, Type, dims_of, kind_of
from srcad.passes.rules import (
    Inputs,
    Params,
    adjoint,
    is_floating,
    is_scalar,
    made_by,
    number,
    op,
    result_type,
    same_type,
)

# For arrays of these, what their numbers are cast to; and the largest of those.
NUMBERS = {"float32": "float32", "complex64": "float32"}
LARGEST = 3e38
QUOTIENTS = ("divide", "quotient")


# ---- casts of numbers ----------------------------------------------------------------


def _python_float(t: Type) -> bool:
    return isinstance(t, Scalar) and t.kind == "float" and not t.dtype


def _before_cast(value: Value) -> Value | None:
    """x, a float of Python's, for a number that is x as float32."""
    node = made_by(value, "cast")
    if node is None or not is_scalar(value) or node.params.get("dtype") != "float32":
        return None
    (x,) = node.inputs
    c = number(x)
    if c is not None and not abs(c) <= LARGEST:  # it may count as a float64
        return None
    return x if _python_float(x.type) else None


def _enter_casts(name: str) -> None:
    @adjoint(name)
    def cast_that_meets_an_array(inputs: Inputs, params: Params) -> Value | None:
        """np.float32(s) * A is s * A for an array of float32."""
        x, y = inputs
        s, array = (_before_cast(x), y) if is_scalar(x) else (_before_cast(y), x)
        t = array.type
        if s is None or not isinstance(t, Array) or t.dtype not in NUMBERS:
            return None
        if not dims_of(t):
            return None
        changed = (s, y) if array is y else (x, s)
        kept = same_type(result_type(name, *changed), result_type(name, *inputs))
        return op(name)(*changed, **params) if kept else None


for _name in ("add", "subtract", "multiply", *QUOTIENTS):
    _enter_casts(_name)


@adjoint("multiply")
def cast_after_product(inputs: Inputs, params: Params) -> Value | None:
    """2.0 * np.float32(s) is np.float32(2.0 * s), as of two such numbers."""
    x, y = inputs
    s, t = _before_cast(x), _before_cast(y)
    c, d = (number(v) if _python_float(v.type) else None for v in inputs)
    if s is not None and t is not None:
        found = s * t
    elif s is not None and d is not None:
        found = literal(d) * s
    elif t is not None and c is not None:
        found = literal(c) * t
    else:
        return None
    total = number(found)
    if total is not None and not abs(total) <= LARGEST:
        return None
    return op("cast")(found, dtype="float32")


# ---- integers ------------------------------------------------------------------------


def _before_one(value: Value) -> Value | None:
    """n, an integer, for 1.0 * n."""
    node = made_by(value, "multiply")
    if node is None:
        return None
    for one, n in (node.inputs, node.inputs[::-1]):
        if number(one) == 1 and kind_of(n.type) == "int" and is_floating(value.type):
            return n
    return None


def _enter_integers(name: str) -> None:
    @adjoint(name)
    def integer_that_meets_a_float(inputs: Inputs, params: Params) -> Value | None:
        """(1.0 * n) * x is n * x: a float makes n a float as well."""
        x, y = inputs
        for n, other, first in ((_before_one(x), y, True), (_before_one(y), x, False)):
            if n is None or not is_floating(other.type):
                continue
            changed = (n, other) if first else (other, n)
            if same_type(result_type(name, *changed), result_type(name, *inputs)):
                return op(name)(*changed, **params)
        return None


for _name in ("add", "subtract", "multiply", *QUOTIENTS):
    _enter_integers(_name)
