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
        triu_indices_from ndindex""",
    "text about numbers": """
        array2string array_repr array_str base_repr binary_repr einsum_path
        format_float_positional format_float_scientific""",
    "dates": """
        busday_count busday_offset busdaycalendar is_busday datetime_as_string
        datetime_data""",
    "information about NumPy": "get_include info show_config show_runtime test",
}

# ---- refusals ------------------------------------------------------------------------

WRITES = "it writes to its argument: write x[...] = v, or use np.where"
CALLS = "it calls a function on parts of an array: write the loop, or broadcast"
COUNTS = "its value jumps, and its length depends on the values"
FILES = "it reads or writes a file or buffer: read it outside, and pass the array"
MATRICES = "it makes a np.matrix or an array of records: use plain arrays"
WALKS = "it walks an array entry by entry: loop over range(len(x))"

REFUSED: Names = {
    WRITES: "copyto fill_diagonal place put put_along_axis putmask",
    CALLS: """
        apply_along_axis apply_over_axes frompyfunc fromfunction piecewise vectorize""",
    COUNTS: """
        unique unique_all unique_counts unique_inverse unique_values union1d
        intersect1d setdiff1d setxor1d""",
    FILES: """
        from_dlpack frombuffer fromfile fromiter fromregex fromstring genfromtxt load
        loadtxt memmap save savetxt savez savez_compressed""",
    MATRICES: "asmatrix bmat matrix recarray record",
    WALKS: "broadcast flatiter ndenumerate nditer nested_iters",
    "its edges depend on the data: use np.searchsorted, np.bincount with weights": """
        histogram histogram2d histogram_bin_edges histogramdd""",
    "its result has leading zeros cut off: use np.convolve": "polydiv polymul poly1d",
    "it solves for roots or from roots: take the roots outside": "poly roots",
    "write np.linalg.solve with np.vander for the normal equations": "polyfit",
    "it sorts complex numbers: use np.sort of the real parts": "sort_complex",
    "the number of its parts must be known: index x[0], x[1], ...": "unstack",
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
    "an attribute that is a value or a view": "T real imag",
    "an attribute that is known, or asked for": "dtype ndim shape size",
}
METHODS_REFUSED: Names = {
    "it writes to the array: write x[...] = v": "fill itemset put partition sort",
    "it changes the array's shape in place: use np.resize": "resize",
    "it changes how the array is seen, or asks about its memory": """
        base byteswap ctypes data device flags getfield itemsize nbytes setfield
        setflags strides to_device view""",
    "it writes the array to a file or buffer": "dump dumps tobytes tofile",
    "it walks an array entry by entry: use x.ravel()": "flat",
    "it makes lists of Python numbers: keep the array": "tolist",
    "use np.swapaxes(x, -1, -2)": "mT",
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
    "reduce": "only that of add, multiply, maximum, minimum, logaddexp and the logical "
    "ones has a rule",
    "accumulate": "only that of add and multiply has a rule",
    "reduceat": "only that of add has a rule",
    "outer": "only that of a function of two numbers with a rule has one",
    "at": "it writes to its argument; only np.add.at and np.subtract.at are known",
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
