"""Calls with one keyword each, made from NumPy's own signatures.

A case is a function's text, `return np.sum(x, axis=0)`, with x. A function whose result
is whole numbers is multiplied by a sum of x; what writes is asked for what it wrote.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import srcad.ops  # noqa: F401  (declares every family)
from srcad.ops.declare import METHODS, find

from .samples import ARGUMENTS, NAMES, SAMPLES, USUAL, X

UNSET = ("empty", "empty_like")  # there is nothing to compare
MODULES = (("np", np), ("np.linalg", np.linalg), ("np.fft", np.fft))


@dataclass(frozen=True)
class Target:
    """A function or method: how it is called, and its keywords.

    call : a text with `{}` for the arguments: "np.sum({})" or "x.sum({})".
    """

    name: str
    call: str
    keywords: tuple[str, ...]
    method: bool = False


def _keywords(function: Any) -> tuple[str, ...]:
    """The names of parameters with a default, and those by keyword only."""
    parameters = inspect.signature(function).parameters.values()
    return tuple(
        p.name
        for p in parameters
        if p.kind not in (p.POSITIONAL_ONLY, p.VAR_POSITIONAL, p.VAR_KEYWORD)
        and (p.default is not p.empty or p.kind is p.KEYWORD_ONLY)
    )


def targets() -> Iterator[Target]:
    """Every function of NumPy and method of its arrays that has a rule."""
    seen: set[int] = set()
    for prefix, module in MODULES:
        for name in sorted(dir(module)):
            thing = getattr(module, name, None)
            if name.startswith("_") or isinstance(thing, type) or not callable(thing):
                continue
            if find(thing) is None or id(thing) in seen or name in UNSET:
                continue
            seen.add(id(thing))
            yield Target(name, f"{prefix}.{name}({{}})", _keywords(thing))
    for name in sorted(METHODS):
        found = _keywords(getattr(np.ndarray, name))
        extra = ("keepdims", "where", "initial") if name in _MORE else ()
        yield Target(name, f"x.{name}({{}})", (*found, *extra), method=True)


_MORE = ("sum", "prod", "mean", "std", "var", "max", "min")  # they take **kwargs


@dataclass(frozen=True)
class Case:
    """A call: `text` of a function f(x), and what x is."""

    name: str
    keyword: str
    text: str
    x: np.ndarray


def _arguments(target: Target) -> Iterator[tuple[str, str]]:
    """Values of x by name, and texts of arguments, that NumPy takes."""
    own = ARGUMENTS.get(f"x.{target.name}") if target.method else None
    rows = own or ARGUMENTS.get(target.name)
    for x, args in USUAL if rows is None else rows:
        if target.method and own is None:
            if not args.startswith("x") and rows is not None:
                args = f"x, {args}"
            if args.split(",")[0].strip() != "x":
                continue
            args = args.partition(",")[2].strip()
        result = computed(f"return {target.call.format(args)}", X[x])
        if not isinstance(result, Exception) and (rows or not _bad(result)):
            yield x, args


def _bad(result: Any) -> bool:
    """Whether a result is not finite: x is outside of the domain."""
    parts = result if isinstance(result, (tuple, list)) else [result]
    return any(
        np.asarray(r).dtype.kind in "fc" and not np.isfinite(r).all() for r in parts
    )


def computed(body: str, x: np.ndarray) -> Any:
    """What NumPy gives for the body of a function f(x), or what it raises."""
    lines = "\n    ".join(body.split("\n"))
    names: dict[str, Any] = dict(NAMES)
    exec(f"def f(x):\n    {lines}\n", names)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return names["f"](x.copy())
    except Exception as error:
        return error


def cases_of(target: Target, keyword: str) -> list[Case]:
    """The cases of one keyword of one function: all samples that NumPy takes."""
    for x, args in _arguments(target):
        found = [
            case
            for sample in SAMPLES.get(keyword, ())
            if (case := _case(target, keyword, sample, x, args)) is not None
        ]
        if found:
            return found
    return []


def _case(target: Target, keyword: str, sample: str, x: str, args: str) -> Case | None:
    call = target.call.format(", ".join(filter(None, (args, f"{keyword}={sample}"))))
    before = ""
    first, *rest = sample.split(", ") if "out" in sample else [sample]
    if "out" in (first, *rest) or "out=out" in rest:
        others = [args, *(part for part in rest if part != "out=out")]
        plain = target.call.format(", ".join(filter(None, others)))
        before = _made(computed(f"return {plain}", X[x]))
    result = computed(f"{before}return {call}", X[x])
    if isinstance(result, Exception):
        return None
    name = target.call.format("").rstrip("()")
    ident = f"{name}({keyword}={sample})"
    text = f"{before}r = {call}\n{_returned(result)}"
    return Case(ident, keyword, text, X[x])


def _made(plain: Any) -> str:
    """A line that makes `out` for a result."""
    parts = plain if isinstance(plain, tuple) else (plain,)
    made = [
        f"np.zeros({np.shape(p)}, np.{np.asarray(p).dtype}) + x.flat[0].real"
        if np.asarray(p).dtype.kind in "fc" and np.ndim(p)
        else f"np.zeros({np.shape(p)}, np.{np.asarray(p).dtype})"
        for p in parts
    ]
    return f"out = {made[0] if len(made) == 1 else f'({made[0]}, {made[1]})'}\n"


def _returned(result: Any) -> str:
    if result is None:
        return "return x"
    if not isinstance(result, (tuple, list)):
        return f"return {_number('r', result)}"
    parts = [_number(f"r[{k}]", r) for k, r in enumerate(result)]
    return f"return ({', '.join(parts)},)"


def _number(text: str, value: Any) -> str:
    exact = np.asarray(value).dtype.kind in "biu"
    return f"{text} * np.sum(x)" if exact else text
