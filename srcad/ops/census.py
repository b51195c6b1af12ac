"""Every public name of NumPy, sorted: what has no rule, and why.

A name of `numpy` or a method of its arrays is in one of four places: an operation is
declared for it (differentiable, or zero); the language knows it (`KNOWN`); it is a
call that carries no derivative and needs none (`PLAIN`); or it is refused, with a
reason (`REFUSED`). The reasons stand in the error of a missing rule.
`tests/ops/test_census.py`
walks the names, and fails on one that nobody has sorted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

Names = Mapping[str, str]  # from a reason to names, with spaces between them

# ---- what the language, or the type system, knows ------------------------------------

KNOWN: Names = {
    "a class, for isinstance, dtype= or a conversion": """
        bytes_ character clongdouble complex256 complexfloating datetime64 dtype
        flexible float128 floating generic inexact integer longdouble ndarray number
        object_ signedinteger str_ timedelta64 ufunc unsignedinteger void""",
    "limits of a dtype": "finfo iinfo",
    "it writes to its argument: it becomes that write": """
        copyto fill_diagonal place put put_along_axis putmask""",
    "it calls a function, or walks entries: it becomes a loop": """
        apply_along_axis ndenumerate ndindex nditer vectorize""",
    "its own source is lowered": """
        apply_over_axes fromfunction histogram histogram_bin_edges intersect1d
        piecewise poly polydiv setdiff1d setxor1d sort_complex unstack""",
    "a context or setting of errors and printing": """
        errstate geterr geterrcall seterr seterrcall getbufsize setbufsize
        get_printoptions set_printoptions printoptions""",
}

# ---- calls that carry no derivative, and are kept as they are ------------------------

PLAIN: Names = {
    "a question about dtypes or memory": """
        can_cast common_type isdtype isfortran issubdtype min_scalar_type mintypecode
        promote_types result_type may_share_memory shares_memory typename""",
    "a question about an object": "isscalar iterable isnat",
    "whole numbers: indices, shapes and bits": """
        bitwise_count broadcast_shapes diag_indices_from indices ix_ mask_indices
        packbits unpackbits ravel_multi_index unravel_index tril_indices_from
        triu_indices_from""",
    "text about numbers": """
        array2string array_repr array_str base_repr binary_repr einsum_path
        format_float_positional format_float_scientific""",
    "dates": """
        busday_count busday_offset busdaycalendar is_busday datetime_as_string
        datetime_data""",
    "information about NumPy": "get_include info show_config show_runtime test",
}

# ---- refusals ------------------------------------------------------------------------

COUNTS = "its order is not that of the values: use np.unique"
FILES = "it reads or writes a file or buffer: read it outside, and pass the array"
MATRICES = "it makes a np.matrix or an array of records: use plain arrays"
WALKS = "it walks an array entry by entry: loop over range(len(x))"

REFUSED: Names = {
    "its arrays hold Python objects: use np.vectorize": "frompyfunc",
    COUNTS: "unique_all unique_counts unique_inverse unique_values",
    FILES: """
        from_dlpack frombuffer fromfile fromiter fromregex fromstring genfromtxt load
        loadtxt memmap save savetxt savez savez_compressed""",
    MATRICES: "asmatrix bmat matrix recarray record",
    WALKS: "broadcast flatiter nested_iters",
    "its counts jump: use np.searchsorted, and np.bincount with weights": """
        histogram2d histogramdd""",
    "it is an object of NumPy's own: use np.polyval, np.polymul, ...": "poly1d",
    "it depends on how the array lies in memory: use np.asarray": "require",
}

# ---- names that are no callables -----------------------------------------------------

VALUES: Names = {
    "a constant": """
        False_ True_ ScalarType e euler_gamma inf little_endian nan newaxis pi
        sctypeDict typecodes""",
    "a module": """
        char core ctypeslib dtypes emath exceptions f2py fft lib linalg ma polynomial
        random rec strings testing typing""",
    "an object to index": "c_ r_ s_ index_exp mgrid ogrid",
}

# ---- methods and attributes of arrays ------------------------------------------------

METHODS_KNOWN: Names = {
    "an attribute that is a value or a view": "T mT real imag flat",
    "it writes to the array: it becomes that write": "fill put partition sort",
    "an attribute that is known, or asked for": "dtype ndim shape size",
}
METHODS_REFUSED: Names = {
    "it writes to the array: write x[...] = v": "itemset",
    "it changes the array's shape in place: use np.resize": "resize",
    "it changes how the array is seen, or asks about its memory": """
        base byteswap ctypes data device flags getfield itemsize nbytes setfield
        setflags strides to_device view""",
    "it writes the array to a file or buffer": "dump dumps tobytes tofile",
    "it makes lists of Python numbers: keep the array": "tolist",
}

# ---- functions of numpy.linalg and numpy.fft without a rule --------------------------

ELSEWHERE: Mapping[str, Names] = {
    "numpy.linalg": {
        "it has no rule here": """
            cond cross diagonal eig eigvals lstsq matmul matrix_norm matrix_power
            matrix_rank matrix_transpose multi_dot outer pinv qr svd svdvals tensordot
            tensorinv tensorsolve trace vecdot vector_norm""",
        "it is no function": "LinAlgError test",
    },
    "numpy.fft": {
        "it has no rule here": """
            fft fft2 fftfreq fftn fftshift hfft ifft ifft2 ifftn ifftshift ihfft irfft
            irfft2 irfftn rfft rfft2 rfftfreq rfftn""",
        "it is no function": "test",
    },
}

UFUNC_METHODS = {
    "reduce": "only that of a function of two numbers with a rule has one (power and "
    "arctan2 apart, which NumPy does not fold)",
    "accumulate": "only that of a function of two numbers with a rule has one",
    "reduceat": "only that of add has a rule",
    "outer": "only that of a function of two numbers with a rule has one",
    "at": "it writes to its argument; only that of add, subtract, multiply, divide, "
    "maximum and minimum is known",
}


def sorted_names(table: Names) -> dict[str, str]:
    """From each name in a table to its reason."""
    return {name: why for why, text in table.items() for name in text.split()}


def reason_for(target: Any) -> str | None:
    """Why a callable of NumPy has no rule; None where nothing is known about it."""
    name = getattr(target, "__name__", "")
    if isinstance(getattr(target, "__self__", None), np.ufunc):
        return UFUNC_METHODS.get(name)
    if getattr(np, name, None) is target:
        return sorted_names(REFUSED).get(name)
    return None
