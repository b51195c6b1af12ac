"""The helpers of generated source that work on matrices and spectra.

As those of `runtime.py`, each stands by itself.
"""

from __future__ import annotations

from typing import Any

import numpy as np


class NoDerivative(ValueError):
    """There is no derivative at this point, and no convention for one."""


def cropped_like(g: Any, x: Any) -> Any:
    """g cropped, or padded with zeros, to the shape of x."""
    shape = np.shape(x)
    part = tuple(slice(0, min(a, b)) for a, b in zip(np.shape(g), shape, strict=True))
    found = np.zeros(shape, dtype=np.result_type(g))
    found[part] = g[part]
    return found


def doubled(g: Any, n: int, axis: int = -1) -> Any:
    """The half of a spectrum of n samples, with what stands for two entries doubled."""
    found = np.moveaxis(np.array(g), axis, -1)
    found[..., 1 : (n + 1) // 2] *= 2.0
    return np.moveaxis(found, -1, axis)


def diagonal_sums(g: Any, above: bool = False) -> Any:
    """The sums along the diagonals of g below (or above) the main one."""
    rows, columns = np.shape(g)
    if above:
        sums = [np.trace(g, k) for k in range(1, columns)]
        return np.array([0.0, *sums][:columns], dtype=np.result_type(g))
    return np.array([np.trace(g, -k) for k in range(rows)])


def spread_sums(v: Any, whole: Any, above: bool = False) -> Any:
    """The matrix of a shape with v along the diagonals below (above) the main one."""
    rows, columns = np.shape(whole)
    k = np.arange(rows)[:, None] - np.arange(columns)
    k = -k if above else k
    return np.where(k >= above, v[np.clip(k, 0, len(v) - 1)], 0.0)


def diagonal_block(g: Any, xs: Any, k: int = 0) -> Any:
    """The part of g where block k of a block-diagonal matrix is."""
    shapes = [np.shape(np.atleast_2d(x)) for x in xs]
    row, column = (sum(s[axis] for s in shapes[:k]) for axis in (0, 1))
    rows, columns = shapes[k]
    part = g[row : row + rows, column : column + columns]
    return np.reshape(part, np.shape(xs[k]))


def inv_or_nan(x: Any) -> Any:
    """The inverse, or nan where there is none."""
    try:
        return np.linalg.inv(x)
    except np.linalg.LinAlgError:
        return np.full_like(x, np.nan)


def plain_matrix(a: Any, b: Any) -> Any:
    """a; refused where several matrices have one vector as their right-hand side."""
    if np.ndim(b) == 1 and np.ndim(a) > 2:
        raise NoDerivative("a vector solved for several matrices: write b[:, None]")
    return a


def inv_or_refused(x: Any) -> Any:
    """The inverse; no derivative where the matrix is singular."""
    s = np.linalg.svd(x, compute_uv=False)
    if s.size and np.any(s[..., -1] <= 1e-13 * s[..., 0]):
        raise NoDerivative("no third derivative of det at a singular matrix")
    return np.linalg.inv(x)


def cofactor(x: Any) -> Any:
    """The derivative of det(x) by x: det(x) * inv(x).T, for singular x too."""
    if np.shape(x)[-1] != np.shape(x)[-2]:
        raise np.linalg.LinAlgError("Last 2 dimensions of the array must be square")
    u, s, vh = np.linalg.svd(x)
    n = s.shape[-1]
    others = np.where(np.eye(n, dtype=bool), 1.0, s[..., None, :]).prod(axis=-1)
    sign = np.linalg.det(u) * np.linalg.det(vh)
    return (sign[..., None, None] * u.conj() * others[..., None, :]) @ vh.conj()


def cofactor_slope(x: Any, e: Any) -> Any:
    """The derivative of `cofactor(x)` along e."""
    u, s, vh = np.linalg.svd(x)
    u, vh = u.conj(), vh.conj()
    n = s.shape[-1]
    same = np.eye(n, dtype=bool)
    left_out = same[:, None, :] | same[None, :, :]
    pairs = np.where(left_out, 1.0, s[..., None, None, :]).prod(axis=-1)
    pairs = np.where(same, 0.0, pairs)
    inner = np.swapaxes(u, -1, -2) @ e @ np.swapaxes(vh, -1, -2)
    slopes = np.einsum("...ij,...jj->...i", pairs, inner)
    middle = slopes[..., None] * same - pairs * np.swapaxes(inner, -1, -2)
    sign = (np.linalg.det(u) * np.linalg.det(vh)).conj()
    return sign[..., None, None] * (u @ middle @ vh)


def narrowed(g: Any, thin: Any) -> Any:
    """The columns of g that `thin` has too; the others have no derivative."""
    count = np.shape(thin)[-1]
    if np.any(g[..., count:]):
        raise NoDerivative(
            "use full_matrices=False: these vectors only fill up a basis"
        )
    return g[..., :count]


def widened(t: Any, full: Any) -> Any:
    """t with the columns that `full` has beyond its own: nan."""
    found = np.full_like(full, np.nan, dtype=np.result_type(t))
    found[..., : np.shape(t)[-1]] = t
    return found


def largest_entries(v: Any) -> Any:
    """1 at the largest entry of each column, 0 elsewhere."""
    found = np.zeros(np.shape(v))
    if not found.size:
        return found
    rows = np.argmax(np.abs(v), axis=-2)[..., None, :]
    np.put_along_axis(found, rows, 1.0, axis=-2)
    return found


def over_gaps(m: Any, w: Any) -> Any:
    """m[i, j] / (w[j] - w[i]), and 0 on the diagonal, for eigenvalues w."""
    gaps = w[..., None, :] - w[..., :, None]
    same = np.eye(w.shape[-1], dtype=bool)
    if np.any((gaps == 0) & ~same) and np.any(m):
        raise NoDerivative(
            "eigenvectors of equal eigenvalues have no derivative, nor have singular "
            "vectors of equal singular values: nothing fixes them. Use what does not "
            "depend on them, such as the values"
        )
    return np.where(gaps == 0, 0.0, m / np.where(gaps == 0, 1.0, gaps))


def untraced(g: Any, x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The cotangent of x for its trace."""
    found = np.zeros(np.shape(x), dtype=np.result_type(g, np.asarray(x).dtype))
    inner = np.moveaxis(found, (axis1, axis2), (-2, -1))
    rows, columns = inner.shape[-2:]
    diagonal = np.eye(rows, columns, k=offset, dtype=bool)
    inner += np.asarray(g)[..., None, None] * diagonal
    return found


def undiagonal(g: Any, x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The cotangent of x for its diagonal (of a vector: for its diagonal matrix)."""
    if np.ndim(x) == 1:
        return np.diag(g, offset)
    found = np.zeros(np.shape(x), dtype=np.result_type(g))
    inner = np.moveaxis(found, (axis1, axis2), (-2, -1))
    rows = np.arange(np.shape(g)[-1]) + max(-offset, 0)
    inner[..., rows, rows + offset] = g
    return found


def shape_checked(x: Any, what: str, tall: bool = False) -> Any:
    """x; refused where it has more rows than columns, or (tall) fewer."""
    rows, columns = np.shape(x)[-2:]
    if rows < columns if tall else rows > columns:
        raise NoDerivative(
            f"{what} of a matrix of {rows} rows and {columns} columns has no "
            f"derivative: it must have at {'least' if tall else 'most'} as many rows"
        )
    return x


# ---- whether they can be factored ----------------------------------------------------


def not_definite(a: Any) -> Any:
    """Whether `np.linalg.cholesky` of a matrix raises: it reads what is below."""
    low = np.tril(a)
    if a.shape[0] != a.shape[1] or np.all(np.isfinite(a)):
        try:
            np.linalg.cholesky(a)
        except Exception:
            return True
        return False
    for j in range(len(low)):
        for k in range(j):
            for i in range(j, len(low)):
                low[i, j] -= low[i, k] * low[j, k]
        if not low[j, j] > 0.0:
            return True
        root = np.sqrt(low[j, j])
        for i in range(j, len(low)):
            low[i, j] /= root
    return False


def singular(a: Any) -> Any:
    """Whether `np.linalg.solve` and `inv` of a matrix raise: nan is no zero pivot."""
    if a.shape[0] != a.shape[1]:
        return True
    return bool(np.all(np.isfinite(a))) and bool(np.linalg.slogdet(a)[0] == 0.0)
