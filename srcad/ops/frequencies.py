"""Shifts of spectra, and the frequencies that belong to their entries."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from srcad.ir.graph import Node, Value, literal
from srcad.ir.types import Array, Type, dims_of
from srcad.ops.arithmetic import quotient
from srcad.ops.declare import Arguments, Contribution, Op, declared, static
from srcad.ops.domain import Sample, at, spaced
from srcad.ops.fit import known, matched
from srcad.ops.kinds import linear
from srcad.ops.sizes import Sized, bound, length, with_dims
from srcad.ops.spectrum_types import half_length


def _shift_bind(name: str) -> Any:
    def bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        given = bound(("x", "axes"), args, kwargs, name)
        axes = static(given.get("axes"), f"{name}(axes=...)")
        axes = tuple(axes) if isinstance(axes, list) else axes
        return [given["x"]], {} if axes is None else {"axes": axes}

    return bind


def _home(name: str, library: str) -> object:
    return getattr(np.fft, name) if library == "np" else f"scipy.fft.{name}"


def _shift(name: str, back: Callable[[], Op], library: str = "np") -> Op:
    return linear(
        name if library == "np" else f"scipy_{name}",
        calls=(_home(name, library),),
        signature="x, axes=None",
        bind=_shift_bind(name),
        infer=lambda x, axes=None: with_dims(x, dims_of(x)),
        code=f"{library}.fft.{name}(x, axes=axes)",
        transpose=lambda g, node: back()(known(g), **node.params),
        domain=lambda: [
            at(spaced(-1, 1, (3, 4))),
            at(spaced(-1, 1, (3, 5)), axes=1),
            at(spaced(-1, 1, (2, 3, 5)) + 0.5j, axes=(0, -1)),
        ],
    )


fftshift: Op = _shift("fftshift", lambda: ifftshift)
ifftshift: Op = _shift("ifftshift", lambda: fftshift)
scipy_fftshift: Op = _shift("fftshift", lambda: scipy_ifftshift, "scipy")
scipy_ifftshift: Op = _shift("ifftshift", lambda: scipy_fftshift, "scipy")


# ---- frequencies ---------------------------------------------------------------------


_FREE: dict[str, list[Any]] = {"device": [None, "cpu"], "xp": [None]}


def _frequency_bind(name: str) -> Any:
    def bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        given = bound(("n", "d"), args, kwargs, name, ignored=_FREE)
        return [given["n"], given.get("d", literal(1.0))], {}

    return bind


def _frequencies(name: str, count: Callable[[Any], Any], library: str = "np") -> Op:
    """k / (n * d), which falls with the spacing d."""

    def slope(g: Value, node: Node) -> Value:
        return -quotient(g * node.out, node.inputs[1])

    def jvp(node: Node, ts: Sequence[Value | None]) -> list[Value | None]:
        return [None if ts[1] is None else slope(ts[1], node)]

    def vjp(node: Node, cts: Sequence[Value | None]) -> list[Contribution]:
        return [None, matched(slope(known(cts[0]), node), node.inputs[1])]

    def infer(n: Type, d: Type) -> Type:
        return Array("float64", (count(length(n)),))

    return declared(
        Sized(
            name if library == "np" else f"scipy_{name}",
            "n, d",
            infer,
            f"{library}.fft.{name}(n, d)",
            calls=(_home(name, library),),
            bind=_frequency_bind(name),
            jvp=jvp,
            vjp=vjp,
            domain=lambda: [Sample((n, d)) for n, d in ((4, 0.7), (5, 1.3))],
        )
    )


fftfreq: Op = _frequencies("fftfreq", lambda n: n)
rfftfreq: Op = _frequencies("rfftfreq", half_length)
scipy_fftfreq: Op = _frequencies("fftfreq", lambda n: n, "scipy")
scipy_rfftfreq: Op = _frequencies("rfftfreq", half_length, "scipy")
