"""Keywords of means and variances that are another spelling."""

from __future__ import annotations

from typing import Any

import numpy as np

from srcad.errors import MissingRule
from srcad.frontend import spellings_prelude as prelude
from srcad.frontend.context import constant_ref
from srcad.frontend.frame import Frame
from srcad.frontend.indices import array_like
from srcad.frontend.inline import inline
from srcad.frontend.refs import Ref, Static
from srcad.frontend.spelled import (
    Given,
    again,
    array_ref,
    call_of,
    in_dtype,
    known_option,
    option,
    spelled,
)
from srcad.ir.types import dims_of, kind_of

_NAN_MOMENTS = (np.nanmean, np.nanvar, np.nanstd)
_NAN = (*_NAN_MOMENTS, np.nansum, np.nanprod, np.nanmax, np.nanmin)


@spelled("correction", np.std, np.var, np.nanstd, np.nanvar)
def _correction(frame: Frame, target: Any, given: Given) -> Ref:
    return again(frame, target, given, "correction", ddof=given["correction"])


@spelled("mean", np.std, np.var)
def _about(frame: Frame, target: Any, given: Given) -> Ref | None:
    if given.keys() & {"where", "out", "dtype"}:
        return None
    axis = given.get("axis", Static(None))
    ddof = given.get("correction", given.get("ddof", constant_ref(0)))
    keepdims = given.get("keepdims", constant_ref(False))
    x = array_ref(frame, given["a"])
    found = inline(
        frame, prelude.variance_about, x, given["mean"], axis, ddof, keepdims
    )
    return found if target is np.var else call_of(frame, np.sqrt, found)


@spelled("where", *_NAN)
def _selected(frame: Frame, target: Any, given: Given) -> Ref:
    """What is not selected is skipped, like nan."""
    nan = constant_ref(float("nan"))
    masked = call_of(frame, np.where, given["where"], given["a"], nan)
    return again(frame, target, given, "where", a=masked)


@spelled("dtype", *_NAN_MOMENTS, np.std, np.var)
def _in(frame: Frame, target: Any, given: Given) -> Ref | None:
    kind = np.dtype(known_option(given["dtype"], "dtype=")).kind
    if kind == "c" and kind_of(array_like(frame, given["a"]).type) != "complex":
        raise MissingRule(f"{target.__name__}: this dtype= has no derivative rule")
    if target in (np.std, np.var):
        return None
    x = in_dtype(frame, given["a"], given["dtype"])
    return again(frame, target, given, "dtype", a=x)


_STARTS = {np.nansum: np.add, np.nanprod: np.multiply, np.nanmax: np.fmax}


@spelled("initial", np.nansum, np.nanprod, np.nanmax, np.nanmin)
def _started(frame: Frame, target: Any, given: Given) -> Ref | None:
    if "out" in given:
        return None
    found = again(frame, target, given, "initial")
    return call_of(frame, _STARTS.get(target, np.fmin), found, given["initial"])


@spelled("returned", np.average)
def _with_sums(frame: Frame, target: Any, given: Given) -> Ref | None:
    if not known_option(given["returned"], "returned="):
        return again(frame, target, given, "returned")
    x, axis = array_ref(frame, given["a"]), given.get("axis", Static(None))
    keepdims = given.get("keepdims", constant_ref(False))
    weights = given.get("weights", Static(None))
    if isinstance(weights, Static):
        return inline(frame, prelude.average_of_all, x, axis, keepdims)
    w = array_ref(frame, weights)
    return inline(frame, prelude.average_of_weighted, x, axis, w, keepdims)


@spelled("aweights", np.cov)
@spelled("fweights", np.cov)
def _weighted(frame: Frame, target: Any, given: Given) -> Ref | None:
    if given.keys() & {"dtype", "y"}:
        return None
    m = array_ref(frame, given["m"])
    dims = dims_of(frame.read(m).type)
    if dims is None or len(dims) != 2:
        return None
    if not option(given, "rowvar", True):
        m = call_of(frame, np.transpose, m)
    ddof = option(given, "ddof", None)
    if ddof is None:
        ddof = 0 if option(given, "bias", False) else 1
    aweights = given.get("aweights", Static(None))
    kinds = [given[k] for k in ("fweights", "aweights") if k in given]
    w = call_of(frame, np.multiply, kinds[0], constant_ref(1.0))
    for other in kinds[1:]:
        w = call_of(frame, np.multiply, w, other)
    return inline(frame, prelude.weighted_cov, m, w, aweights, constant_ref(ddof))
