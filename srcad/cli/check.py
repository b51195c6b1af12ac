"""`srcad check`: a function's derivatives, in both modes, against differences."""

from __future__ import annotations

import argparse
import copy
import functools
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from srcad.check import check_grads
from srcad.cli.asked import add_target, wrt_of
from srcad.cli.command import NO, Answer, Command, Refused
from srcad.cli.targets import target
from srcad.cli.values import arguments
from srcad.export import standalone
from srcad.export.self_test import allowed_for
from srcad.pipeline import Step
from srcad.reading.colour import wanted
from srcad.signature import promoted_argument
from srcad.transform import extended


@dataclass(frozen=True)
class Line:
    """One line of the table: a derivative, how far it is off, whether that is right."""

    by: str
    order: int
    mode: str
    error: float | None
    right: bool
    said: str = ""


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    add_target(parser)
    parser.add_argument(
        "--order", type=int, choices=(1, 2), default=2, help="up to which order (2)"
    )
    parser.add_argument("--json", action="store_true")


def run(options: argparse.Namespace) -> Answer:
    """Check it; status 1 where a derivative is wrong."""
    f = target(options.target)
    given, named = arguments(f, options.at)
    where = _positions(list(given.values()), wrt_of(f, options.wrt))
    if any(k >= len(given) for k in where):
        raise Refused(
            "an argument by keyword only cannot be checked: wrap the function"
        )
    if named:
        f = functools.partial(f, **named)
    names, values = list(given), list(given.values())
    for k in where:
        values[k] = promoted_argument(values[k], f"argument {names[k]}")
    lines = [line for k in where for line in _first(f, names, values, k)]
    if options.order == 2:
        lines += [_second(f, values, where, mode) for mode in ("rev", "fwd")]
    right = all(line.right for line in lines)
    status = 0 if right else NO
    if options.json:
        listed = [asdict(line) for line in lines]
        return Answer(json.dumps({"right": right, "lines": listed}, indent=1), status)
    return Answer(_table(lines), status)


def _positions(values: Sequence[Any], wrt: int | Sequence[int] | None) -> list[int]:
    """The arguments to differentiate by: as asked, or all floats, or else all ints."""
    if wrt is not None:
        return [wrt] if isinstance(wrt, int) else list(wrt)
    leaves = [standalone.leaves_of(v) for v in values]
    kinds = [{np.asarray(x).dtype.kind for x in found} for found in leaves]
    floats = [k for k, found in enumerate(kinds) if found & {"f", "c"}]
    found = floats or [k for k, v in enumerate(values) if type(v) is int]
    if not found:
        raise Refused("no argument holds a number to differentiate by")
    return found


def _first(f: Any, names: Sequence[str], values: Sequence[Any], k: int) -> list[Line]:
    """First order, by one argument, in each mode."""
    point = dict(zip(names, values, strict=True))
    name = names[k]

    def function(**at: Any) -> Any:
        return f(*copy.deepcopy(list(at.values())))

    def pulled(**at: Any) -> Any:
        found = extended(f, Step("vjp", (k,), False), None)
        values = found.arguments(list(at.values()), {})
        entry = found.entry(values)
        out, residual = entry.run(values)
        return out, lambda cotangent: entry.called(1, residual, cotangent)

    def pushed(**at: Any) -> Any:
        along = at.pop(f"{name}_dot")
        found = extended(f, Step("jvp", (k,), False), None)
        values = found.arguments(list(at.values()), {})
        return found.entry(values).run(values, (along,))

    allowed = allowed_for([values[k]])
    lines = []
    for mode, measure, derived in (
        ("reverse", standalone.pullback_error, pulled),
        ("forward", standalone.tangent_error, pushed),
    ):
        with np.errstate(all="ignore"):
            error = measure(function, derived, point, (name,))
        lines.append(Line(name, 1, mode, error, error <= allowed))
    return lines


def _second(f: Any, values: Sequence[Any], where: Sequence[int], mode: str) -> Line:
    """Second order: derivatives of derivatives, as `check_grads` has them."""
    said = ""
    try:
        with np.errstate(all="ignore"):
            check_grads(f, values, order=2, modes=(mode,), argnums=tuple(where))
    except AssertionError as error:
        said = str(error)
    shown = {"rev": "reverse", "fwd": "forward"}[mode]
    return Line("all", 2, shown, None, not said, said)


def _table(lines: Sequence[Line]) -> str:
    width = max(len("by"), *(len(line.by) for line in lines))
    rows = [f"{'by':<{width}}  order  mode     largest error"]
    for line in lines:
        error = "-" if line.error is None else f"{line.error:.1e}"
        said = f"\n  {line.said}" if line.said else ""
        rows.append(
            f"{line.by:<{width}}  {line.order:<5}  {line.mode:<7}  {error:<13}  "
            f"{verdict(line.right)}{said}"
        )
    return "\n".join(rows)


def verdict(right: bool) -> str:
    """The word for it, in colour where that is wanted."""
    word = "right" if right else "WRONG"
    if not wanted(sys.stdout):
        return word
    return f"\x1b[{32 if right else 31}m{word}\x1b[0m"


CHECK = Command("derivatives in both modes, against differences", add_options, run)
