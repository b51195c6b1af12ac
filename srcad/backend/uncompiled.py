"""Why Numba does not compile a source, in words of the user's program.

Takes Numba's refusal and the sources it was given; gives the error with the line of the
user's program, what in it Numba lacks, and what to write instead. Numba's own words
stand only where nothing plainer is known.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from srcad.backend.compiled import CannotCompile, said
from srcad.backend.compiles import lacks
from srcad.backend.function import span_said
from srcad.backend.generate import Generated
from srcad.errors import Span

PYTHON = 'use backend="python", or backend="auto" to fall back by itself'
# What to write instead of functions that Numba lacks.
INSTEAD: Mapping[str, str] = {
    "np.add.reduceat": "write the sums of slices",
    "np.choose": "write np.where",
    "np.compress": "write x[condition]",
    "np.diag_indices": "write np.arange(n) for each index",
    "np.dstack": "fill an array of np.empty",
    "np.einsum": "write it with x @ y, or with products and np.sum",
    "np.fft": "transform outside of the function",
    "np.frexp": "write it with np.log2 and np.floor",
    "np.gradient": "write the differences of slices",
    "np.isclose": "write np.abs(x - y) < tolerance",
    "np.lexsort": "find the order outside of the function",
    "np.linalg.cross": "write np.cross(x, y)",
    "np.linalg.norm": "write np.sum(np.abs(x) ** p, axis) ** (1 / p)",
    "np.linalg.tensor": "reshape to matrices, and write np.linalg.inv or solve",
    "np.linalg.vecdot": "write np.sum(x * y, axis=-1)",
    "np.logaddexp.reduce": "write m + np.log(np.sum(np.exp(x - m))), m = np.max(x)",
    "np.meshgrid": "write x[None, :] and y[:, None]",
    "np.pad": "write into a slice of np.zeros",
    "np.poly": "write a loop",
    "np.squeeze": "write x[:, 0]",
    "np.tensordot": "write x @ y, or a loop",
    "np.tile": "write into slices of np.empty",
    "np.unique": "find what is distinct outside of the function",
    "np.vecdot": "write np.sum(x * y, axis=-1)",
    "scipy": "write it with NumPy's functions, or a loop",
}
# Helpers that find out ranks, dtypes or structure while they run.
GENERAL = """added_at add_any copied count in_shape_of fitted
    quotient_or_zero rows sum_like updated zeros_like""".split()  # noqa: SIM905
NO_WORDS = "its compiler says:"
_LITERAL = re.compile(r"Literal\[\w+\]\(([^()]*)\)")
_ARRAY = re.compile(r"array\((\w+), (\d+)d, \w+\)")
_CLASS = re.compile(r"(?:Function\()?<class '(\w+)'>\)?")


def explained(error: CannotCompile, sources: Sequence[Generated]) -> CannotCompile:
    """The error with its place and a plainer reason, where there is one."""
    cause = error.__cause__
    if cause is None or error.span is not None:
        return error
    place = span_said(str(cause))
    found = [f for s in sources for f in _found(s)]
    here = [f for f in found if place is not None and f[1] == place]
    reason, instead = _read(said(cause))
    if here or (found and reason.startswith(NO_WORDS)):
        known = [f for f in here or found if _lacked(f[0])[1]]  # what to write instead
        what, place = (known or here or found)[0]
        reason, instead = _lacked(what)
    if place is not None and _is_library(place):
        reason += f" (in {Path(place.filename).name}, which this function calls)"
        place = None
    hint = f"{instead}; or {PYTHON}" if instead else PYTHON
    return CannotCompile(f"Numba does not compile this program: {reason}", place, hint)


def _found(source: Generated) -> list[tuple[str, Span | None]]:
    """What a source has that Numba lacks, with the user's code."""
    return [(what, source.lines.get(line)) for what, line in lacks(source)]


def _is_library(place: Span) -> bool:
    """Whether code is NumPy's own, which no user can change."""
    return place.filename.startswith(str(Path(np.__file__).parent))


def _lacked(what: str) -> tuple[str, str]:
    """What to say of a thing that Numba is known to lack, and what to do."""
    if what.startswith("helper "):
        helper = what.removeprefix("helper ")
        if helper == "product_cotangent":
            return (
                "the derivative of this product is for arrays of any ranks, which a "
                "compiler is not",
                "write x @ y of vectors, matrices or stacks of matrices",
            )
        if helper in GENERAL:
            return (
                "the shapes and dtypes here are not known before it runs, and a "
                "compiler asks for them",
                "make arrays here in shapes and dtypes that do not depend on a branch; "
                "begin a sum of arrays with np.zeros_like(x), not with 0",
            )
        return (
            f"the derivative of this line is made by a helper of srcad ({helper}) "
            "that uses what Numba lacks",
            "",
        )
    shown = re.sub(r"^numpy\b", "np", what)
    known = [text for name, text in INSTEAD.items() if shown.startswith(name)]
    return f"it has no {shown}", known[0] if known else ""


def _read(text: str) -> tuple[str, str]:
    """A plainer reason for what Numba says, and what to do."""
    found = re.search(r"unsupported NumPy function 'numpy\.([\w.]+)'", text)
    if found:
        return _lacked(f"numpy.{found[1]}")
    if re.search(r"Cannot type list element type <class '(\w+)'>", text):
        return (
            "an argument is a list of dicts or objects, which it has no type for",
            "give lists of arrays, one for each entry",
        )
    if "cannot reflect element of reflected container" in text:
        return (
            "an argument is a list of lists, which it does not take",
            "give one array of all entries, and one of where each part begins",
        )
    if "LiteralStrKey" in text:
        return (
            "a list holds dicts or objects with several kinds of entries, which it has "
            "no type for",
            "keep a list for each of the entries",
        )
    found = re.search(r"Untyped global name '(\w+)'", text)
    if found:
        name = found[1]
        return f"it calls {name}, which is no function that Numba knows", ""
    found = re.search(r"Cannot unify (.+) and (.+) for '([\w.]+)'", text)
    if found:
        one, other = map(_types, (found[1], found[2]))
        name = found[3].split(".")[0]
        return (
            f"{name} is {one} on one way and {other} on another",
            "let it have one type",
        )
    if text.startswith("it has no _impl("):  # so Numba calls its own product
        factors = _types(text.partition("(")[2].rstrip(")"))
        return f"it has no @ of {factors}", "give both factors one dtype"
    if text.startswith("it has no "):
        return _types(text), ""
    return f"{NO_WORDS} {text}", ""


def _types(text: str) -> str:
    """Numba's names of types, as a user of NumPy knows them."""
    text = _ARRAY.sub(r"array(\1, \2d)", _LITERAL.sub(r"\1", text))
    text = _CLASS.sub(r"\1", text)
    return text.replace("<iv=None>", "").replace("reflected list", "list")
