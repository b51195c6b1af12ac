"""Quick calls: for the arguments of the last call, and what its source relied on, one
function of tests written out, and then the compiled function.

Takes an entry and the keys of the arguments it serves; gives a function of such
arguments, with the parameters of the user's. Where a test fails it has done nothing,
and goes the whole way (`srcad/dispatch.py`), which tells why. A transform is called
through it: anything in between would cost as much as a small compiled function.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Hashable, Mapping, Sequence
from inspect import Parameter
from types import CodeType
from typing import Any, Protocol

import numpy as np

from srcad.backend.compiled import for_floats
from srcad.frontend.context import Binding, Contract, Guard
from srcad.frontend.rules import CHANGES
from srcad.signature import Same

ABSENT = object()  # stands for an argument that was not given
Quick = Callable[..., Any]


class Served(Protocol):
    """What a quick call asks of an entry."""

    contract: Contract
    functions: tuple[Callable[..., Any], ...]
    hidden_key: Any
    promote: tuple[int, ...]
    fixed: dict[int, Any]

    def explain(self, error: Exception) -> None:
        """Say of an error of the compiled function where the user's code is."""
        ...


def quick_call(
    entry: Served,
    user: Any,
    code: CodeType | None,
    keys: Sequence[Any],
    parameters: Sequence[Parameter],
    seen: int,
    gradients: Mapping[int, Sequence[int]],
    refused: Callable[[Any, Sequence[Any]], Any],
    whole: Callable[..., Any],
) -> Quick | None:
    """The quick call of an entry; None where it cannot tell by plain tests.

    Parameters
    ----------
    entry : Served
    user : the function that the entry was made of
    code : what that was made of, which a reload may replace
    keys : those of the arguments that it serves, by `signature.key_of`
    parameters : those that they are given to, no more than one argument each
    seen : how many changes of rules and options there were when the entry was found
    gradients : for arguments, where in the result their gradient is: (0,) is found[0]
    refused : takes the result and the arguments where a gradient has another shape
    whole : takes the arguments one by one, or ABSENT, and those that are too many
    """
    contract = entry.contract
    if len(entry.functions) != 1 or contract.written or contract.contiguous:
        return None
    names: dict[str, Any] = {
        **{"ndarray": np.ndarray, "changes": CHANGES, "absent": ABSENT},
        **{"entry": entry, "function": entry.functions[0]},
        **{"refused": refused, "whole": whole},
        **{"user": user, "code": code},
    }
    tests = ["not more", f"len(changes) == {seen}"]
    if code is not None:  # defaults are looked at where one stands in for an argument
        tests.append("user.__code__ is code")
    tests += guard_tests(contract.guards, names)
    arguments = [f"given_{k}" for k in range(len(keys))]
    given = list(arguments)
    for k, name in enumerate(arguments):
        tests.append(_test(name, name, keys[k], names))
        if k in entry.fixed:
            names[f"fixed_{name}"] = entry.fixed[k]
            tests.append(f"{name} == fixed_{name}")
        if k in entry.promote:
            given[k] = _promoted(name, keys[k])
    for k, (binding, key) in enumerate(
        zip(contract.hidden, entry.hidden_key, strict=True)
    ):
        read = f"(h{k} := {_read(binding, f'holder{k}', names)})"
        tests.append(_test(read, f"h{k}", key, names))
        given.append(f"h{k}")
    taken = {*names, *arguments, *vars(builtins), "more"}
    clear = taken.isdisjoint(p.name for p in parameters)
    if not all(tests) or not all(given) or not clear:
        return None
    fits = []
    for k, where in gradients.items():
        if _is_array(keys[k]):
            part = "found" + "".join(f"[{place}]" for place in where)
            fits.append(
                f"type({part}) is ndarray and {part}.shape == shape_{arguments[k]}"
            )
    raising = bool(contract.hidden or contract.guards)
    passed = [float if k in entry.promote else key for k, key in enumerate(keys)]
    if all(key is float for key in [*passed, *entry.hidden_key]):
        names["function"] = for_floats(names["function"], len(given))
    lines = _lines(parameters, arguments, tests, raising, given, fits)
    exec(compile("\n".join(lines), "<srcad quick call>", "exec"), names)
    quick: Quick = names["quick"]
    return quick


def _lines(
    parameters: Sequence[Parameter],
    arguments: Sequence[str],
    tests: Sequence[str],
    raising: bool,
    given: Sequence[str],
    fits: Sequence[str],
) -> list[str]:
    """The lines of a quick call.

    raising : whether tests read what stands outside, and raise where that is gone.
    """
    every = "".join(f"{name}, " for name in arguments)
    head = [f"{p.name}=absent" for p in parameters]
    first = sum(p.kind is p.POSITIONAL_ONLY for p in parameters)
    if first:
        head.insert(first, "/")
    lines = [f"def quick({', '.join([*head, '*more'])}):"]
    pairs = zip(arguments, parameters, strict=True)
    lines += [f"    {name} = {p.name}" for name, p in pairs]
    fit = " and ".join(tests)
    if raising:
        lines += [
            "    try:",
            f"        fits = {fit}",
            "    except (LookupError, ValueError):",
            "        fits = False",
        ]
    lines += [
        f"    if not ({'fits' if raising else fit}):",
        f"        return whole(more, {every})",
        "    try:",
        f"        {'found =' if fits else 'return'} function({', '.join(given)})",
        "    except Exception as error:",
        "        entry.explain(error)",
        "        raise",
    ]
    if fits:
        lines.append(f"    if not ({' and '.join(fits)}):")
        lines.append(f"        refused(found, ({every}))")
        lines.append("    return found")
    return lines


def _promoted(name: str, key: Hashable) -> str:
    """The text of an argument made floating; "" where that needs more."""
    if key is int:
        return f"float({name})"
    floating = isinstance(key, type) and issubclass(key, np.inexact)
    return name if floating else ""


def _is_array(key: Any) -> bool:
    """Whether it is the key of an array of exactly NumPy's class."""
    return isinstance(key, tuple) and isinstance(key[0], np.dtype)


def _test(read: str, name: str, key: Hashable, names: dict[str, Any]) -> str:
    """The text of a test that a value has a key; "" where that needs more.

    read : the value; name : the same, once it was read.
    """
    known = f"key_{name}"
    if isinstance(key, type):
        names[known] = key
        return f"type({read}) is {known}"
    if isinstance(key, Same):
        names[known], names[f"class_{name}"] = key.value, type(key.value)
        same = f"{read} is {known}"
        if not isinstance(key.value, (str, bytes)):
            return same
        return f"({same} or type({name}) is class_{name} and {name} == {known})"
    assert isinstance(key, tuple)
    if not _is_array(key):
        return _inside(read, name, key, names)
    names[known], ones = key
    form = f"len(shape_{name} := {name}.shape) == {len(ones)}"
    each = [
        f"shape_{name}[{k}] {'==' if one else '!='} 1" for k, one in enumerate(ones)
    ]
    cls = f"type({read}) is ndarray"
    dtype = f"({name}.dtype is {known} or {name}.dtype == {known})"
    return " and ".join([cls, dtype, form, *each])


def _inside(read: str, name: str, key: tuple[Any, ...], names: dict[str, Any]) -> str:
    """The text of the test for a tuple or a dict."""
    cls, inside = key[0], key[1]
    names[f"class_{name}"] = cls
    if issubclass(cls, dict):
        names[f"keys_{name}"] = tuple(place for place, _ in inside)
        form = f"tuple({name}) == keys_{name}"
        parts = [(f"keys_{name}[{k}]", item) for k, (_, item) in enumerate(inside)]
    elif issubclass(cls, tuple):
        form = f"len({name}) == {len(inside)}"
        parts = [(str(k), item) for k, item in enumerate(inside)]
    else:
        return ""
    tests = [f"type({read}) is class_{name}", form]
    for k, (place, item) in enumerate(parts):
        part = f"{name}_{k}"
        tests.append(_test(f"({part} := {name}[{place}])", part, item, names))
    return " and ".join(tests) if all(tests) else ""


def _read(binding: Binding, holder: str, names: dict[str, Any]) -> str:
    """The text that reads what stands outside, or raises what `Binding.read` does."""
    names[holder] = binding.holder
    if binding.kind in ("global", "item"):
        return f"{holder}[{binding.name!r}]"
    if binding.kind == "closure":
        return f"{holder}.cell_contents"
    names[holder] = binding.read
    return f"{holder}()"


def guard_expression(guards: Sequence[Guard]) -> Callable[[], bool]:
    """One function that says whether all guards hold, made to be quick."""
    names: dict[str, Any] = {}
    tests = guard_tests(guards, names)
    if not tests:
        return _always
    lines = [
        "def holds():",
        "    try:",
        f"        return {' and '.join(tests)}",
        "    except LookupError:",
        "        return False",
    ]
    exec("\n".join(lines), names)
    found: Callable[[], bool] = names["holds"]
    return found


def guard_tests(guards: Sequence[Guard], names: dict[str, Any]) -> list[str]:
    """The text of a test for each guard; `names` gets the names in it.

    Where a name is gone, it raises a LookupError.
    """
    tests = []
    for k, guard in enumerate(guards):
        binding, expected = guard.binding, guard.expected
        names[f"e{k}"], names[f"g{k}"] = expected, binding.holder
        if binding.kind == "global":
            read = f"g{k}[{binding.name!r}]"
        elif binding.kind in ("class", "own"):
            read = f"vars(g{k}).get({binding.name!r})"
        elif binding.kind == "attribute":
            read = f"getattr(g{k}, {binding.name!r}, None)"
        else:
            read = ""
        if guard.is_container or not read:
            names[f"g{k}"] = guard.holds
            tests.append(f"g{k}()")
            continue
        plain = isinstance(expected, (str, bytes))
        tests.append(f"{read} {'==' if plain else 'is'} e{k}")
        if guard.code is not None:
            names[f"c{k}"] = guard.code
            tests.append(f"e{k}.__code__ is c{k}")
    return tests


def _always() -> bool:
    return True
