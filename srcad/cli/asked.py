"""What several commands ask alike: a function, where, by what, on which backend."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from srcad.api import Jacobian, grad, jacfwd, jacobian
from srcad.cli.command import Refused
from srcad.cli.targets import target
from srcad.errors import SrcadError
from srcad.transform import Transform, extended, signature_of, step_for

JACOBIANS = {"jacobian": jacobian, "jacfwd": jacfwd}
KINDS = ("grad", "value_and_grad", "vjp", "jvp", *JACOBIANS, "hessian")
TARGET = "module:function or file.py:function, also file.py:Class.method"


def add_target(parser: argparse.ArgumentParser, several: bool = False) -> None:
    """The options that say which function, and where."""
    parser.add_argument("target", help=TARGET, nargs="+" if several else None)
    parser.add_argument(
        "--at",
        nargs="+",
        metavar="NAME=VALUE",
        help='arguments: literals (x=1 p="(1.0, 2.0)"), arrays '
        '(x="array([1.0, 2.0])"), .npy and .npz files (x=data.npy)',
    )
    parser.add_argument(
        "--wrt", metavar="NAMES", help="parameters to differentiate by: x or x,y"
    )


def add_kind(parser: argparse.ArgumentParser) -> None:
    """The options that say which derivative."""
    parser.add_argument("--kind", choices=KINDS, help="which derivative (grad)")
    add_backend(parser)


def add_backend(parser: argparse.ArgumentParser) -> None:
    """The options that choose a backend, and whether it uses threads."""
    parser.add_argument("--backend", choices=("python", "numba", "auto"))
    parser.add_argument(
        "--parallel",
        action="store_true",
        default=None,
        help="with --backend numba: loops of independent rounds on several threads",
    )


def wrt_of(f: Any, text: str | None) -> int | Sequence[int] | None:
    """Positions for `--wrt`: one for a single name, several for a list."""
    if text is None:
        return None
    names = list(signature_of(f).parameters)
    found = []
    for name in text.strip().rstrip(",").split(","):
        if name.strip() not in names:
            raise Refused(
                f"--wrt: no parameter {name!r}; there are: {', '.join(names)}"
            )
        found.append(names.index(name.strip()))
    return found[0] if len(found) == 1 and "," not in text else tuple(found)


def derivative(options: argparse.Namespace) -> Transform | Jacobian:
    """The derivative that is asked for; a target that is one stays as it is."""
    f = target(options.target)
    wrt = wrt_of(f, options.wrt)
    if isinstance(f, (Transform, Jacobian)) and options.kind is None:
        if wrt is None:
            return f
        raise Refused("this is a derivative already: --kind differentiates it again")
    kind = options.kind or "grad"
    if kind == "hessian" or kind in JACOBIANS:
        return _matrix(f, kind, 0 if wrt is None else wrt, options)
    if wrt is None:
        wrt = (0,) if kind in ("vjp", "jvp") else 0
    if kind in ("vjp", "jvp") and isinstance(wrt, int):
        wrt = (wrt,)
    return extended(f, step_for(f, kind, wrt), options.backend, options.parallel)


def _matrix(
    f: Any, kind: str, wrt: int | Sequence[int], options: argparse.Namespace
) -> Jacobian:
    how = {"backend": options.backend, "parallel": options.parallel}
    if kind == "hessian":
        if not isinstance(wrt, int):
            raise Refused("a hessian is by one parameter: --wrt x")
        return jacfwd(grad(f, wrt, **how), wrt)
    return JACOBIANS[kind](f, wrt, **how)


def described(error: BaseException) -> str:
    """An error for the user: what, where, what to do; no traceback."""
    if isinstance(error, (SrcadError, Refused)):
        return str(error)
    notes = [f"\n  {note}" for note in getattr(error, "__notes__", ())]
    return f"{type(error).__name__}: {error}{''.join(notes)}"
