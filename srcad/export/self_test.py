"""The self-test of an exported module: its derivative against differences."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from srcad.export import standalone
from srcad.export.derivative import Derivative
from srcad.export.layout import call, inner_function, tuple_of
from srcad.export.literals import literal, quoted

MAIN = """

if __name__ == "__main__":
    error = self_test()
    right = error <= {tolerance!r}
    print(f"largest error {{error:.1e}}: {{'right' if right else 'WRONG'}}")
    sys.exit(0 if right else 1)"""


class Named:
    """A name, where a value could stand."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


def self_test(
    what: Derivative, public: str, primal: str, point: Mapping[str, Any]
) -> tuple[str, list[Callable[..., Any]]]:
    """The text of the self-test, and the helpers that it calls.

    public, primal : names of the functions to compare.
    point : the arguments, by name.
    """
    lines = [
        '"""The largest relative error against central differences, at one point."""'
    ]
    text, drawn = literal(dict(point))
    lines.append(f"point = {text}")
    function, checked = primal, public
    if what.has_aux:
        lines += inner_function("function", f"return {primal}(**at)[0]")
        function = "function"
    helper: Any = standalone.tangent_error
    if what.kind == "vjp":
        helper = standalone.pullback_error
    elif what.kind != "jvp":
        helper, checked = standalone.gradient_error, "gradients"
        if what.kind == "jacobian":
            helper, checked = standalone.jacobian_error, "jacobians"
        part = "[1]" if what.kind == "value_and_grad" else "[0]" * what.has_aux
        gradient = f"{public}(**at){part}"
        gradient = f"({gradient},)" if what.single else gradient
        lines += inner_function(checked, f"return {gradient}")
    wrt = tuple_of([quoted(n) for n in what.wrt])
    lines += call(f"return {helper.__name__}", f"{function}, {checked}, point, {wrt}")
    body = textwrap.indent("\n".join(lines), "    ")
    main = MAIN.format(tolerance=tolerance(what))
    needs = [helper, standalone.drawn] if drawn else [helper]
    return f"def self_test() -> float:\n{body}\n{main}", needs


def tolerance(what: Derivative) -> float:
    """How large an error may be, by the precision of the arguments."""
    pairs = zip(what.parameters, what.values, strict=True)
    return allowed_for([value for p, value in pairs if p.name in what.wrt])


def allowed_for(values: Sequence[Any]) -> float:
    """How large an error by arguments of this precision may be."""
    leaves = [x for x in standalone.leaves_of(list(values)) if standalone.has_slope(x)]
    single = any(np.finfo(np.asarray(x).dtype).bits < 64 for x in leaves)
    return 3e-2 if single else 1e-6
