"""Questions about types and known objects, answered while lowering.

`np.issubdtype(x.dtype, np.floating)`, `np.iscomplexobj(x)`, `np.result_type(x, y)`,
`hasattr(x, "shape")`: code that serves many kinds of arguments asks these first.
"""

from __future__ import annotations

import inspect
import math
import operator
from typing import Any

import numpy as np

from srcad.errors import UnsupportedSyntax
from srcad.frontend.context import constant_ref
from srcad.frontend.frame import Frame
from srcad.frontend.intrinsics import intrinsic
from srcad.frontend.known import all_known, known_object
from srcad.frontend.refs import Ref, Static
from srcad.frontend.structures import structure
from srcad.ir.types import (
    Array,
    List,
    Scalar,
    Type,
    dims_of,
    kind_of,
    promoted,
    unwrapped,
)

try:
    from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple
except ImportError:  # NumPy 1
    from numpy.core.numeric import (  # type: ignore[no-redef]
        normalize_axis_index,
        normalize_axis_tuple,
    )


def _fold(function: Any) -> None:
    """Call a pure function while lowering, where all its arguments are known."""

    @intrinsic(function)
    def folded(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref | None:
        given = [known_object(r) for r in args]
        named = {k: known_object(r) for k, r in kwargs.items()}
        if not all_known((*given, *named.values())):
            return None
        try:
            return constant_ref(function(*given, **named))
        except Exception as error:
            what = f"{type(error).__name__}: {error}"
            raise UnsupportedSyntax(f"this call fails with {what}") from None


for _function in (
    issubclass,
    inspect.signature,
    math.ceil,
    math.floor,
    operator.index,
    np.can_cast,
    np.dtype,
    np.finfo,
    np.iinfo,
    np.issubdtype,
    np.promote_types,
    normalize_axis_index,
    normalize_axis_tuple,
):
    _fold(_function)


@intrinsic(np.iterable)
def _iterable(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref | None:
    if structure(frame, args[0]) is not None:
        return constant_ref(True)
    if isinstance(args[0], Static):
        return constant_ref(np.iterable(args[0].value))
    t = unwrapped(frame.read(args[0]).type)
    if isinstance(t, Scalar | List):
        return constant_ref(isinstance(t, List))
    return constant_ref(bool(t.dims)) if isinstance(t, Array) else None


def _of_kind(function: Any, answer: bool) -> None:
    @intrinsic(function)
    def asked(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref | None:
        if len(args) != 1 or kwargs or structure(frame, args[0]) is not None:
            return None
        kind = kind_of(frame.read(args[0]).type)
        return None if kind is None else constant_ref((kind == "complex") is answer)


_of_kind(np.iscomplexobj, True)
_of_kind(np.isrealobj, False)


@intrinsic(np.ndim)
def _ndim(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref | None:
    if kwargs or structure(frame, args[0]) is not None:
        return None
    dims = dims_of(frame.read(args[0]).type)
    return None if dims is None else constant_ref(len(dims))


@intrinsic(np.isscalar)
def _isscalar(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref | None:
    if structure(frame, args[0]) is not None:
        return constant_ref(False)
    if isinstance(args[0], Static):
        return constant_ref(np.isscalar(args[0].value))
    t = frame.read(args[0]).type
    return (
        constant_ref(isinstance(t, Scalar)) if isinstance(t, Scalar | Array) else None
    )


@intrinsic(np.result_type)
def _result_type(frame: Frame, args: list[Ref], kwargs: dict[str, Ref]) -> Ref | None:
    """The dtype that values and dtypes are promoted to, Python numbers being weak."""
    types: list[Type] = []
    for ref in args:
        known = known_object(ref)
        if isinstance(ref, Static):
            types.append(Array(np.dtype(known).name, ()))
        elif structure(frame, ref) is None:
            types.append(unwrapped(frame.read(ref).type))
        else:
            return None
    found = promoted(*types)
    if found == "":
        found = np.result_type(*(_EXAMPLES[str(kind_of(t))] for t in types)).name
    return None if found is None else Static(np.dtype(found))


_EXAMPLES = {"bool": False, "int": 0, "float": 0.0, "complex": 0j}
