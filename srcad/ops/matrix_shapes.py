"""What linear algebra asks of shapes, where they are known while lowering.

Lengths that only a run knows are checked by NumPy, whose error gets the user's line.
"""

from __future__ import annotations

from srcad.errors import ShapeError
from srcad.ir.types import Type, dims_of


def needs_matrix(t: Type, square: bool = False) -> None:
    """Refuse what is known not to be a matrix, or (square) not a square one.

    Raises
    ------
    ShapeError
        It has fewer than two axes, or other numbers of rows and columns.
    """
    dims = dims_of(t)
    if dims is None:
        return
    if len(dims) < 2:
        axes = {0: "it is a number", 1: "it has one axis"}[len(dims)]
        raise ShapeError(
            f"a matrix is needed here, of at least two axes: {axes}",
            hint="give it a second axis: x[:, None], x[None, :] or np.diag(x)",
        )
    rows, columns = dims[-2:]
    numbers = isinstance(rows, int) and isinstance(columns, int)
    if square and numbers and rows != columns:
        raise ShapeError(
            f"a square matrix is needed here: this one has {rows} rows and {columns} "
            "columns",
            hint="use np.linalg.lstsq or np.linalg.pinv for those that are not square",
        )
