"""What happens in order and is not a value: raise, assert, print, unknown calls.

The texts these take have a static `layout`: one entry per argument of the call, which
is "value" (the next input) or the pieces of an f-string: strings as they are, and
`(conversion, format)` for the next input, as in `f"{x!r:>10}"`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from srcad.errors import MissingRule, Span
from srcad.ir.graph import Node, Value
from srcad.ir.types import BOOL, BOTTOM, FLOAT, UNKNOWN, Scalar, Static, Type
from srcad.ops.census import reason_for
from srcad.ops.census_scipy import scipy_reason
from srcad.ops.declare import Contribution, Op, custom, zero

Pieces = tuple[str | tuple[str, str], ...]
Layout = tuple[str | Pieces, ...]


def texts(layout: Layout | None, names: Sequence[str]) -> list[str]:
    """The arguments a layout describes, as code over the names of the inputs."""
    rest = iter(names)
    if layout is None:
        return list(rest)
    return [
        next(rest) if entry == "value" else _f_string(entry, rest) for entry in layout
    ]


def _f_string(pieces: Any, names: Any) -> str:
    """An f-string; the pieces may hold any character, braces and quotes too."""
    parts = []
    for piece in pieces:
        if isinstance(piece, str):
            escaped = repr('"' + piece)[2:-1]  # in single quotes, whatever it holds
            parts.append(escaped.replace("{", "{{").replace("}", "}}"))
        else:
            conversion, spec = piece
            mark = f"!{conversion}" if conversion else ""
            parts.append(f"{{{next(names)}{mark}{':' + spec if spec else ''}}}")
    return f"f'{''.join(parts)}'"


def _names(node: Node, first: int = 0) -> list[str]:
    return [f"parts{k}" for k in range(len(node.inputs) - first)]


def _call(function: str, arguments: Sequence[str]) -> str:
    return f"{function}({', '.join(arguments)})"


def _named(node: Node, names: Sequence[str]) -> list[str]:
    """Arguments, the last of which are keywords."""
    keywords = node.params.get("keywords", ())
    plain = len(names) - len(keywords)
    named = [f"{k}={n}" for k, n in zip(keywords, names[plain:], strict=True)]
    return [*names[:plain], *named]


def _nothing(*_: Type, **__: Any) -> Type:
    return Static(None)


def _raise_code(node: Node) -> str:
    arguments = texts(node.params.get("layout"), _names(node))
    return f"runtime.raise_({_call('exception', arguments)})"


def _assert_code(node: Node) -> str:
    arguments = texts(node.params.get("layout"), _names(node, 1))
    return _call("runtime.assert_", ["condition", *arguments])


def _print_code(node: Node) -> str:
    arguments = texts(node.params.get("layout"), _names(node))
    return _call("print", [*arguments, "sep=sep", "end=end", "flush=flush"])


# `raise exception(*parts)`: its argument in the template is the exception.
raise_: Op = zero(
    "raise_",
    signature="*parts, exception=Exception, layout=None",
    infer=lambda *parts, **_: BOTTOM,
    code=_raise_code,
    effect=True,
)
# Inside the handler of a `try_`: the exception goes on.
reraise: Op = zero(
    "reraise",
    signature="",
    infer=lambda **_: BOTTOM,
    code="runtime.reraise()",
    effect=True,
)
# Whether an exception is for a handler.
caught: Op = zero(
    "caught",
    signature="error, kinds=()",
    infer=lambda *_, **__: BOOL,
    code="isinstance(error, kinds)",
)
assert_: Op = zero(
    "assert_",
    signature="condition, *parts, layout=None",
    infer=_nothing,
    code=_assert_code,
    effect=True,
)
print_: Op = zero(
    "print_",
    calls=(print,),
    signature=r"*parts, sep=' ', end='\n', flush=False, layout=None",
    infer=_nothing,
    code=_print_code,
    effect=True,
)
# A call that logs or warns: `home` is its module, `path` the way from there.
notify: Op = zero(
    "notify",
    signature="*parts, home=None, path='', keywords=()",
    infer=_nothing,
    code=lambda node: _call(f"home.{node.params['path']}", _named(node, _names(node))),
    effect=True,
)
# `global name; name = value` in a function of the module; no derivative goes through.
set_global: Op = zero(
    "set_global",
    signature="value, module=None, name=''",
    infer=_nothing,
    code="setattr(module, name, value)",
    effect=True,
)
# An f-string as a value.
format_: Op = zero(
    "format_",
    signature="*parts, layout=()",
    infer=lambda *parts, **_: UNKNOWN,
    code=lambda node: texts((node.params["layout"],), _names(node))[0],
)


def _foreign_code(node: Node) -> str:
    names = [f"args{k}" for k in range(len(node.inputs))]
    return _call("function", _named(node, names))


# A text made by a function of Python's, such as `str` or `operator.mod` (`"%s" % x`).
text_of: Op = zero(
    "text_of",
    signature="*args, function=None, keywords=()",
    infer=lambda *args, **_: UNKNOWN,
    code=_foreign_code,
)


TEXTS: tuple[object, ...] = (format_, text_of)


# ---- calls that srcad does not know --------------------------------------------------


def shown(function: Any) -> str:
    """A function's name, with the module that users know it by.

    `scipy.linalg.svd`, which is defined in `scipy.linalg._decomp_svd`; a function of
    NumPy's says that itself. Elsewhere the package says enough.
    """
    if isinstance(function, np.ufunc):
        name = function.__name__
        special = getattr(sys.modules.get("scipy.special"), name, None)
        return f"{'scipy.special' if special is function else 'numpy'}.{name}"
    name = getattr(function, "__qualname__", None) or repr(function)
    path = (getattr(function, "__module__", None) or "").split(".")
    if path[0] in ("", "builtins", "__main__"):
        return name
    for k in range(len(path), 1, -1):  # the innermost public module that has it
        module = sys.modules.get(".".join(path[:k]))
        public = not any(part.startswith("_") for part in path[1:k])
        if public and getattr(module, name, None) is function:
            return f"{'.'.join(path[:k])}.{name}"
    return f"{path[0]}.{name}"


def no_rule(
    function: Any,
    span: Span | None,
    reason: str = "",
    inside: str = "",
    count: int = 1,
) -> MissingRule:
    """The error for a call without a derivative.

    reason : why the function's own source could not be lowered. inside : where a
        package calls it, if `span`, the user's call, is not the place. count : of its
        arguments.
    """
    also = f"; its own source could not be lowered either: {reason}" if reason else ""
    surely = reason_for(function) or scipy_reason(function)
    if surely:
        also = f": {surely}"
    where = f" (called in {inside})" if inside else ""
    return MissingRule(
        f"{shown(function)} has no derivative rule{where}{also}",
        span=span,
        hint=f"give it a rule: {example_rule(function, count)}; or write it with "
        "functions that have rules, or compute it outside and pass the result as an "
        "argument",
    )


def example_rule(function: Any, count: int = 1) -> str:
    """How a rule for a function is declared, to be filled in."""
    names = "xyz"[:count] if count <= 3 else [f"x{k}" for k in range(count)]
    weights = ", ".join(f"d{shown(function).split('.')[-1]}_d{n}" for n in names)
    parameters = ", ".join(["out", *names])
    return (
        f"srcad.declare({shown(function)}, partials=lambda {parameters}: [{weights}])"
    )


def _no_rule(node: Node) -> MissingRule:
    function, reason = node.params.get("function"), node.params.get("reason", "")
    outer = node.params.get("outer", node.span)
    inside, count = node.params.get("inside", ""), max(len(node.inputs), 1)
    return no_rule(function, outer, reason, inside, count)


def _foreign_jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
    if any(t is not None for t in ts):
        raise _no_rule(node)
    return [None]


def _foreign_vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
    raise _no_rule(node)


# Draws of NumPy's generators, with the position of `size` among their arguments.
_DRAWS = {
    "random": 0, "standard_normal": 0, "standard_exponential": 0,
    "exponential": 1, "standard_gamma": 1, "standard_t": 1, "chisquare": 1,
    "rayleigh": 1, "weibull": 1, "pareto": 1, "power": 1,
    "normal": 2, "uniform": 2, "laplace": 2, "logistic": 2, "lognormal": 2,
    "gumbel": 2, "gamma": 2, "beta": 2, "f": 2, "vonmises": 2, "wald": 2,
    "triangular": 3,
}  # fmt: skip


def _foreign_type(*args: Type, function: Any = None, **params: Any) -> Type:
    """A single draw by numbers is a Python float; of other calls nothing is known."""
    owner = getattr(function, "__self__", None)
    if isinstance(owner, (np.random.Generator, np.random.RandomState)):
        before = _DRAWS.get(function.__name__, -1)
        numbers = all(isinstance(t, Scalar) and t.kind != "complex" for t in args)
        other = {"size", "dtype", "out"} & set(params.get("keywords", ()))
        if numbers and len(args) <= before and not other:
            return FLOAT
    return UNKNOWN


foreign: Op = custom(
    "foreign",
    signature="*args, function=None, keywords=(), reason='', outer=None, inside=''",
    infer=_foreign_type,
    code=_foreign_code,
    jvp=_foreign_jvp,
    vjp=_foreign_vjp,
    memory="holds",
    effect=True,
)
