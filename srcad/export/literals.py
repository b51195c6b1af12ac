"""Values as text: literals, what of an argument the source depends on, type hints."""

from __future__ import annotations

import textwrap
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np

from srcad.errors import SignatureError
from srcad.frontend.abstract import argument_type
from srcad.ir.types import List

WIDTH = 88
WRITTEN = 200  # arrays of more elements are drawn anew instead


def plain(value: Any, name: str) -> Any:
    """A value with NumPy's numbers as Python's.

    Raises
    ------
    SignatureError
        It holds something that an exported module cannot write down.
    """
    if value is None or type(value) in (bool, int, float, complex, str):
        return value
    if isinstance(value, (np.float64, np.integer, np.bool_, np.complex128)):
        return value.item()
    if type(value) is np.ndarray and value.dtype.kind in "fciub":
        return value
    if type(value) in (list, tuple):
        return type(value)(plain(v, f"{name}[{k}]") for k, v in enumerate(value))
    if type(value) is dict and all(type(k) in (str, int) for k in value):
        return {k: plain(v, f"{name}[{k!r}]") for k, v in value.items()}
    raise SignatureError(
        f"{name} is {_brief(value)}: an exported module cannot write it down",
        hint="export a function of numbers, arrays, texts, and tuples, lists and "
        "dicts of them",
    )


def _brief(value: Any) -> str:
    if callable(value) and hasattr(value, "__name__"):
        return f"the function {value.__name__}"
    return f"an object of {type(value).__name__}"


# ---- literals ------------------------------------------------------------------------


def literal(value: Any, depth: int = 0, most: int = WRITTEN) -> tuple[str, bool]:
    """A plain value as text, indented for this depth; and whether some was drawn.

    An array of more than `most` elements is not written down: numbers in its range are
    drawn for it.
    """
    if isinstance(value, np.ndarray):
        return _array(value, depth, most)
    if isinstance(value, dict):
        keys, parts = [repr(k) + ": " for k in value], list(value.values())
        return _items(keys, parts, "{}", depth, most)
    if isinstance(value, (list, tuple)):
        return _items([""] * len(value), list(value), _brackets(value), depth, most)
    return number(value), False


def _brackets(value: Any) -> str:
    return "[]" if isinstance(value, list) else "()"


def number(value: Any) -> str:
    """A number, text or None."""
    if isinstance(value, float) and not np.isfinite(value):
        return "np.nan" if np.isnan(value) else "np.inf" if value > 0 else "-np.inf"
    if isinstance(value, complex):
        return f"complex({number(value.real)}, {number(value.imag)})"
    if isinstance(value, str):
        return quoted(value)
    return "..." if value is ... else repr(value)


def quoted(text: str) -> str:
    """A text in double quotes where that needs no more escapes."""
    found = repr(text)
    return found if '"' in text or found[0] == '"' else f'"{found[1:-1]}"'


def _items(
    keys: list[str], parts: list[Any], around: str, depth: int, most: int
) -> tuple[str, bool]:
    first, last = around[0], around[1]
    keys = [quoted(k[1:-3]) + ": " if k[:1] == "'" else k for k in keys]
    inner = [literal(part, depth + 1, most) for part in parts]
    drawn = any(d for _, d in inner)
    texts = [k + text for k, (text, _) in zip(keys, inner, strict=True)]
    comma = "," if around == "()" and len(texts) == 1 else ""
    line = f"{first}{', '.join(texts)}{comma}{last}"
    if "\n" not in line and len(line) + 4 * depth <= WIDTH - 24:
        return line, drawn
    indent = "    " * (depth + 1)
    return (
        f"{first}\n"
        + "".join(f"{indent}{text},\n" for text in texts)
        + f"{'    ' * depth}{last}",
        drawn,
    )


def _array(value: np.ndarray[Any, Any], depth: int, most: int) -> tuple[str, bool]:
    dtype = value.dtype.name
    if value.size > most:
        real = np.abs(value) if value.dtype.kind == "c" else value
        low, high = np.min(real).item(), np.max(real).item()
        ends = f"{number(low)}, {number(high)}"
        seed = zlib.crc32(value.tobytes()) % 1000
        return f'drawn({seed}, {value.shape}, "{dtype}", {ends})', True
    inner = _nested(value.tolist())
    usual = ("float64", "int64", "bool", "complex128")
    more = "" if dtype in usual else f', dtype="{dtype}"'
    if value.size == 0:
        return f'np.zeros({value.shape}, dtype="{dtype}")', False
    line = f"np.array({inner}{more})"
    if len(line) + 4 * depth <= WIDTH - 24:
        return line, False
    indent = "    " * (depth + 1)
    filled = textwrap.fill(
        inner + ("," if more else ""),
        WIDTH - 5,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    rest = f"\n{indent}{more[2:]}," if more else ""
    return f"np.array(\n{filled}{rest}\n{'    ' * depth})", False


def _nested(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_nested, value))}]"
    return number(value)


# ---- what of a value the source depends on, and type hints ---------------------------


def kind_of(value: Any) -> Any:
    """What a call must agree in with the value that the source was made for.

    See `standalone.made_for`, which reads it.
    """
    if isinstance(value, np.ndarray):
        axes = ", ".join("1" if n == 1 else ":" for n in value.shape)
        return f"{value.dtype.name}[{axes}]"
    if isinstance(value, dict):
        return {k: kind_of(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        kinds = type(value)(map(kind_of, value))
        alike = all(k == kinds[0] for k in kinds)
        if alike and isinstance(argument_type(value, "x"), List):
            return [kinds[0], ...]
        return kinds
    if type(value) in (bool, int, float, complex):
        return type(value).__name__
    return repr(value)


def annotation(value: Any, use: Callable[[str, str], None]) -> str:
    """The type hint for values like this one.

    use : told the module and name of what the hint needs imported.
    """
    if isinstance(value, np.ndarray):
        use("numpy.typing", "NDArray")
        use("numpy", "")
        return f"NDArray[np.{_scalar(value.dtype)}]"
    if isinstance(value, np.generic) and not isinstance(value, (float, complex)):
        use("numpy", "")
        return f"np.{_scalar(value.dtype)}"
    if isinstance(value, tuple):
        inner = ", ".join(annotation(v, use) for v in value)
        return f"tuple[{inner or '()'}]"
    if isinstance(value, dict):
        use("typing", "Any")
        return "dict[str, Any]" if all(map(_is_text, value)) else "dict[Any, Any]"
    if isinstance(value, list):
        kinds = {annotation(v, use) for v in value}
        if len(kinds) != 1:
            use("typing", "Any")
        return f"list[{kinds.pop() if len(kinds) == 1 else 'Any'}]"
    if value is None:
        return "None"
    for known in (bool, int, float, complex, str):
        if isinstance(value, known):
            return known.__name__
    use("typing", "Any")
    return "Any"


def _scalar(dtype: np.dtype[Any]) -> str:
    return "bool_" if dtype.kind == "b" else dtype.name


def _is_text(key: Any) -> bool:
    return isinstance(key, str)
