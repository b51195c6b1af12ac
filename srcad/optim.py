"""SciPy's optimizers with exact derivatives, for unknowns with a structure.

Thin: the methods are SciPy's. A structure (numbers and arrays in tuples, lists, dicts
and objects) becomes the flat vector that SciPy wants, and what it finds becomes a
structure again. Needs SciPy: `pip install srcad[scipy]`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from srcad.api import Pulled, grad, value_and_grad
from srcad.arrays import leaves, rebuilt
from srcad.errors import ShapeError, SignatureError
from srcad.transform import Transform, extended, step_for

try:
    import scipy.optimize as _scipy
except ImportError as missing:
    raise ImportError("srcad.optim needs SciPy: pip install srcad[scipy]") from missing

__all__ = ["least_squares", "minimize", "ravel"]

# What SciPy's methods of `minimize` do not take; a method of the user's takes all.
_NO_GRADIENT = {"nelder-mead", "powell", "cobyla", "cobyqa"}
_PRODUCTS = {"newton-cg", "trust-ncg", "trust-krylov"}
_HESSIANS = {"dogleg", "trust-exact"}


def ravel(x: Any) -> tuple[Any, Callable[[Any], Any]]:
    """The numbers of a structure as one vector, and the way back.

    Parameters
    ----------
    x : number, array, or tuple, list, dict or object of them
        Texts, booleans and None in it are no numbers: they stay as they are.

    Returns
    -------
    tuple
        `(vector, back)`: a float array (n,), and the function that makes a structure
        like `x` of such a vector. Whole numbers come back as floats, `float32` arrays
        as `float32`.

    Raises
    ------
    SignatureError
        A leaf is complex, or neither a number nor an array of numbers.
    """
    parts = leaves(x)
    numbers = [k for k, leaf in enumerate(parts) if _is_number(leaf)]
    arrays = [np.asarray(parts[k]) for k in numbers]
    sizes = [a.size for a in arrays]
    flat = [np.ravel(a).astype(float) for a in arrays]
    vector = np.concatenate(flat) if flat else np.zeros(0)

    def back(values: Any) -> Any:
        found = list(parts)
        pieces = np.split(np.asarray(values), np.cumsum(sizes)[:-1]) if sizes else []
        for k, array, piece in zip(numbers, arrays, pieces, strict=True):
            dtype = array.dtype if array.dtype.kind == "f" else np.dtype(float)
            shaped = piece.reshape(array.shape).astype(dtype)
            found[k] = shaped if isinstance(parts[k], np.ndarray) else shaped[()]
        return rebuilt(x, iter(found))

    return vector, back


def _is_number(leaf: Any) -> bool:
    """Whether a leaf is unknown (and not fixed)."""
    if leaf is None or isinstance(leaf, (bool, np.bool_, str, bytes)):
        return False
    kind = np.asarray(leaf).dtype.kind
    if kind == "b":
        return False
    if kind not in "iuf":
        what = "complex" if kind == "c" else f"a {type(leaf).__name__}"
        raise SignatureError(
            f"an unknown is {what}; SciPy's optimizers take real numbers",
            hint="pass real and imaginary part, or give what is fixed in args",
        )
    return True


def _vector(like: Any, gradient: Any) -> Any:
    """The gradient by a structure as a vector of the unknowns."""
    pairs = zip(leaves(like), leaves(gradient), strict=True)
    found = [np.ravel(g).astype(float) for leaf, g in pairs if _is_number(leaf)]
    return np.concatenate(found) if found else np.zeros(0)


def minimize(
    f: Callable[..., Any],
    x0: Any,
    args: tuple[Any, ...] = (),
    method: Any = None,
    *,
    backend: str | None = None,
    parallel: bool | None = None,
    callback: Callable[..., Any] | None = None,
    **options: Any,
) -> Any:
    """Minimize a function with `scipy.optimize.minimize` and exact derivatives.

    Parameters
    ----------
    f : callable
        `f(x, *args)` returns one number.
    x0 : number, array, or structure
        Where to start. `f` gets structures like it.
    args : tuple
        What else `f` takes.
    method : str or callable, optional
        SciPy's. `Newton-CG`, `trust-ncg` and `trust-krylov` get products with the
        Hessian; `dogleg` and `trust-exact` get the Hessian; those that use no
        derivatives get none.
    backend, parallel : optional
        As in `srcad.value_and_grad`; of products with the Hessian as well.
    callback : callable, optional
        As in SciPy: `callback(x)`, or with a parameter called `intermediate_result`, a
        result with `x` and `fun`. `x` is a structure like `x0`.
    **options
        SciPy's: `tol`, `bounds`, `constraints`, `options`, `hess`, `hessp`. Whatever
        speaks of x there means the vector `srcad.optim.ravel(x0)[0]`.

    Returns
    -------
    scipy.optimize.OptimizeResult
        `x` and `jac` (with `trust-constr`: `grad`) have the structure of `x0`; the rest
        is SciPy's.

    Raises
    ------
    SignatureError
        `jac` is given, or `x0` holds what is no real number.
    """
    if "jac" in options:
        raise SignatureError(
            "minimize has the gradient from srcad",
            hint="leave jac out, or call scipy.optimize.minimize with it",
        )
    if not isinstance(args, tuple):
        args = (args,)
    start, back = ravel(x0)
    still = ravel(_stopped(x0))[1]
    how: dict[str, Any] = {"backend": backend, "parallel": parallel}
    both = value_and_grad(f, **how)

    def value_and_vector(vector: Any) -> tuple[Any, Any]:
        x = back(vector)
        value, gradient = both(x, *args)
        return _number(value), _vector(x0, gradient)

    def value_only(vector: Any) -> Any:
        return _number(f(back(vector), *args))

    second = _by_first(grad(f, **how), "jvp")

    def product(vector: Any, direction: Any) -> Any:
        return _vector(x0, _tangent(second, (back(vector), *args), still(direction)))

    def matrix(vector: Any) -> Any:
        rows = [product(vector, row) for row in np.eye(vector.size)]
        return np.array(rows).reshape(vector.size, vector.size)

    name = method.lower() if isinstance(method, str) else ""
    own = "hess" in options or "hessp" in options
    if name in _PRODUCTS and not own:
        options["hessp"] = product
    elif name in _HESSIANS and not own:
        options["hess"] = matrix
    with_gradient = name not in _NO_GRADIENT
    result = _scipy.minimize(
        value_and_vector if with_gradient else value_only,
        start,
        method=method,
        jac=with_gradient or None,
        callback=_with_structure(callback, back),
        **options,
    )
    # trust-constr calls the gradient `grad`; its `jac` is that of the constraints.
    return _restored(result, back, "x", "grad" if name == "trust-constr" else "jac")


def least_squares(
    residuals: Callable[..., Any],
    x0: Any,
    args: tuple[Any, ...] = (),
    *,
    backend: str | None = None,
    parallel: bool | None = None,
    **options: Any,
) -> Any:
    """Minimize a sum of squares with `scipy.optimize.least_squares`.

    Parameters
    ----------
    residuals : callable
        `residuals(x, *args)` returns an array (m,).
    x0 : number, array, or structure with n numbers
        Where to start.
    args : tuple
        What else `residuals` takes.
    backend, parallel : optional
        As in `srcad.jvp`, for the Jacobian.
    **options
        SciPy's: `bounds`, `method`, `loss`, `x_scale`, `ftol` and so on. Whatever
        speaks of x there means the vector `srcad.optim.ravel(x0)[0]`.

    Returns
    -------
    scipy.optimize.OptimizeResult
        `x` and `grad` have the structure of `x0`; `jac` is the matrix (m, n). It comes
        from forward mode, or, with more unknowns than residuals, from reverse mode.

    Raises
    ------
    SignatureError
        `jac` is given, or `x0` holds what is no real number.
    ShapeError
        The residuals are no array of one dimension.
    """
    if "jac" in options:
        raise SignatureError(
            "least_squares has the Jacobian from srcad",
            hint="leave jac out, or call scipy.optimize.least_squares with it",
        )
    if not isinstance(args, tuple):
        args = (args,)
    start, back = ravel(x0)
    still = ravel(_stopped(x0))[1]

    def vector_of(vector: Any) -> Any:
        found = residuals(back(vector), *args)
        if np.ndim(found) > 1:
            raise ShapeError(
                f"residuals of shape {np.shape(found)}; they must be an array (m,)",
                hint="return found.ravel()",
            )
        return np.atleast_1d(found)

    count = vector_of(start).size
    forward = _by_first(residuals, "jvp", backend, parallel)
    backward = _by_first(residuals, "vjp", backend, parallel)

    def matrix(vector: Any) -> Any:
        values = (back(vector), *args)
        if count >= start.size:
            tangents = map(still, np.eye(start.size))
            columns = [_tangent(forward, values, t) for t in tangents]
            return np.stack([np.ravel(c) for c in columns], axis=1)
        values = tuple(backward.arguments(values, {}))
        entry = backward.entry(values)
        value, residual = entry.run(values)
        pullback = Pulled(entry, residual, value)
        units = np.eye(count).reshape(count, *np.shape(value))
        return np.stack([_vector(x0, pullback(unit)[0]) for unit in units])

    result = _scipy.least_squares(vector_of, start, jac=matrix, **options)
    return _restored(result, back, "x", "grad")


def _number(value: Any) -> Any:
    """The value of f: an array of one element is its number."""
    return np.asarray(value).reshape(())[()] if isinstance(value, np.ndarray) else value


def _by_first(
    f: Callable[..., Any],
    kind: str,
    backend: str | None = None,
    parallel: bool | None = None,
) -> Transform:
    """A derivative by the first argument alone: others may be of any type."""
    return extended(f, step_for(f, kind, 0), backend, parallel)


def _tangent(transform: Transform, values: tuple[Any, ...], along: Any) -> Any:
    values = tuple(transform.arguments(values, {}))
    return transform.entry(values).run(values, (along,))[1]


def _stopped(x: Any) -> Any:
    """The structure with what is no unknown replaced: it has no tangent."""
    return rebuilt(x, iter([v if _is_number(v) else None for v in leaves(x)]))


def _with_structure(
    callback: Callable[..., Any] | None, back: Callable[[Any], Any]
) -> Callable[..., Any] | None:
    """A callback of structures as one of vectors, in the form that SciPy looks for."""
    if callback is None:
        return None
    given = callback
    if "intermediate_result" in inspect.signature(given).parameters:

        def on_result(intermediate_result: Any) -> Any:
            shown = _restored(intermediate_result, back, "x")
            return given(intermediate_result=shown)

        return on_result

    def on_vector(xk: Any, *more: Any) -> Any:
        return given(back(xk), *more)

    return on_vector


def _restored(result: Any, back: Callable[[Any], Any], *names: str) -> Any:
    found = _scipy.OptimizeResult(result)
    for name in names:
        if name in found:
            found[name] = back(found[name])
    return found
