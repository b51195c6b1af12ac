"""For tests of user code: assert that the derivatives of a function are right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from srcad.check import MODES, check_grads
from srcad.check.point import Mismatch, shown
from srcad.errors import SrcadError
from srcad.plain import plain_function
from srcad.source import read_function
from srcad.transform import Transform

__all__ = ["assert_grads"]


def assert_grads(
    f: Callable[..., Any],
    *args: Any,
    order: int = 2,
    modes: Sequence[str] = MODES,
    argnums: int | Sequence[int] | None = None,
    rtol: float | None = None,
    atol: float | None = None,
    eps: float | None = None,
    seed: int = 0,
) -> None:
    """Assert that srcad's derivatives of a function are what differences say.

    With pytest, `--srcad-show-source` prints the generated source of what failed.

    Parameters
    ----------
    f : callable
        A function or a transform; returns numbers, arrays, or containers of them.
    *args
        Its arguments, at a point where it is smooth.
    order, modes, argnums, rtol, atol, eps, seed
        As in `srcad.check_grads`.

    Raises
    ------
    AssertionError
        The message names the function's line, the direction, and both numbers.
    """
    __tracebackhide__ = True  # pytest shows the test, not this
    more = {"argnums": argnums, "rtol": rtol, "atol": atol, "eps": eps, "seed": seed}
    try:
        check_grads(f, args, order, modes, **more)  # type: ignore[arg-type]
    except Mismatch as found:
        error = AssertionError(_message(f, args, found))
        error.srcad_sources = list(_sources(found))  # type: ignore[attr-defined]
        raise error from None


def _message(f: Any, args: Sequence[Any], found: Mismatch) -> str:
    c = found.comparison
    name = getattr(f, "__name__", f)
    lines = [
        f"wrong derivative of {name}: {c.what} of {c.chain}, order {c.chain.order}"
    ]
    place = _place(f)
    if place:
        lines.append(f"  {place}")
    lines += [
        f"  srcad gives       {shown(c.got)}",
        f"  differences give  {shown(c.want)}",
    ]
    if c.tangents:
        lines.append(f"  off by {c.off:.3g}, where {c.allowed:.3g} is allowed")
        names = _names(f, len(args))
        for k, tangent in zip(found.where, c.tangents, strict=True):
            lines.append(f"  direction of {names[k]}: {_tree(tangent)}")
    if c.cotangent is not None:
        lines.append(f"  cotangent: {_tree(c.cotangent)}")
    return "\n".join(lines)


def _place(f: Any) -> str:
    try:
        source = read_function(_plain(f))
    except SrcadError:
        return ""
    span = source.span(source.tree)
    return f"{span.filename}:{span.line}: {span.text.strip()}"


def _plain(f: Any) -> Any:
    return plain_function(f.primal if isinstance(f, Transform) else f)[0]


def _names(f: Any, count: int) -> list[str]:
    code = _plain(f).__code__
    names = list(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])
    return [*names[:count], *(f"argument {k}" for k in range(len(names), count))]


def _tree(value: Any) -> str:
    return str(value) if isinstance(value, (dict, list, tuple)) else shown(value)


def _sources(found: Mismatch) -> Sequence[tuple[str, str]]:
    chain = found.comparison.chain
    kind = "jvp" if found.comparison.what.startswith("jvp") else "vjp"
    return [
        (f"srcad source: {kind} of {chain}", str(transform.source))
        for steps, transform in chain.made.items()
        if steps and steps[-1].kind == kind
    ]
