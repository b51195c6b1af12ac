"""Which classes of packages have objects that srcad takes apart, and into what.

A family of operations enters its classes by dotted name, as nothing here imports the
package. An object that such operations make is a `make_dict` with the class as `cls`;
it has the arrays by the names of their attributes, and what is known of it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from srcad.errors import MissingRule
from srcad.ir.builder import current
from srcad.ir.graph import Literal, Value, as_value
from srcad.ir.types import Dict, Static, unwrapped
from srcad.ops.tuples import item, make_dict


@dataclass(frozen=True)
class Parts:
    """What an object of a class is taken apart into.

    arrays : names of attributes. known : how what is known beforehand is read off an
    object from outside, by name.
    """

    arrays: tuple[str, ...]
    known: Mapping[str, Callable[[Any], Any]]


_CLASSES: dict[str, Parts] = {}


def library_class(*names: str, arrays: tuple[str, ...], **known: Any) -> None:
    """Enter classes by dotted name."""
    for name in names:
        _CLASSES[name] = Parts(arrays, known)


def class_named(name: str) -> Any:
    """A class by its dotted name, its module being imported."""
    module, _, attribute = name.rpartition(".")
    return getattr(sys.modules[module], attribute)


def parts_of_class(cls: type) -> Parts | None:
    """What objects of a class are taken apart into; None where it is not known."""
    for name, parts in _CLASSES.items():
        module, _, attribute = name.rpartition(".")
        if module in sys.modules and getattr(sys.modules[module], attribute) is cls:
            return parts
    return None


def object_of_class(name: str, arrays: Mapping[str, Value], **known: Any) -> Value:
    """A new object of a class."""
    constants = {
        k: Literal("", Static(v), v) if not isinstance(v, int) else as_value(v)
        for k, v in known.items()
    }
    parts = {**arrays, **constants}
    return make_dict(*parts.values(), keys=tuple(parts), cls=class_named(name))


def array_part(owner: Value, name: str) -> Value:
    """An array of an object: what it was made of, where it was made in this block.

    So a part that is constant stays so beside one that is not.
    """
    return _origin(item(owner, key=name))


def _origin(value: Value) -> Value:
    definitions = current().definitions
    while True:
        node = definitions.get(value)
        made = definitions.get(node.inputs[0]) if node and node.op is item else None
        if node is None or made is None or made.op is not make_dict:
            return value
        value = made.inputs[made.params["keys"].index(node.params["key"])]


def known_part(owner: Value, name: str, what: str) -> Any:
    """What is known of an object beforehand.

    Raises
    ------
    MissingRule
        It depends on the path.
    """
    t = unwrapped(owner.type)
    found = array_part(owner, name)
    if isinstance(found, Literal):
        return found.value
    if isinstance(t, Dict) and name in t.keys:
        kind = t.items[t.keys.index(name)]
        if isinstance(kind, Static):
            return kind.value
        size = getattr(kind, "size", None)
        if isinstance(size, int):
            return size
    raise MissingRule(f"{what}: {name!r} of the object must be known")
