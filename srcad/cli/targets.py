"""From `module:function` or `file.py:function` to the function.

The module is imported as Python would import it: from the current directory, or from
the file's own place, in its package if it is in one.
"""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import inspect
import sys
import traceback
import types
from pathlib import Path
from typing import Any

from srcad.cli.command import Refused
from srcad.errors import SrcadError
from srcad.frontend.installed import in_library


def target(text: str) -> Any:
    """The function that a target names.

    Parameters
    ----------
    text : str
        `module:function`, `file.py:function`, or with `Class.method`.

    Raises
    ------
    Refused
        There is no such module, file or function; or a method whose object cannot be
        made without arguments.
    """
    place, colon, path = text.rpartition(":")
    if not (place and colon and path):
        raise Refused(f"{text!r} is no target: write module:function or file.py:name")
    module = _file(Path(place)) if place.endswith(".py") else _module(place)
    return _walked(module, path.split("."), text)


def _module(name: str) -> types.ModuleType:
    if "" not in sys.path and str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise Refused(_failed(name, error)) from error
        known = [path.stem for path in Path.cwd().glob("*.py")]
        raise Refused(f"there is no module {name!r}{_near(name, known)}") from error
    except SrcadError:
        raise
    except Exception as error:
        raise Refused(_failed(name, error)) from error


def _file(path: Path) -> types.ModuleType:
    """The module in a file, in the package that it is in."""
    path = path.resolve()
    if not path.is_file():
        known = [p.name for p in path.parent.glob("*.py")]
        raise Refused(f"there is no file {path.name!r}{_near(path.name, known)}")
    root, parts = path.parent, [path.stem]
    while (root / "__init__.py").is_file():
        parts.insert(0, root.name)
        root = root.parent
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    name = ".".join(parts)
    known_module = sys.modules.get(name)
    if known_module is not None and _is_at(known_module, path):
        return known_module
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None, "a file ending with .py"
    module = importlib.util.module_from_spec(spec)
    try:
        if len(parts) > 1:
            importlib.import_module(".".join(parts[:-1]))
        if known_module is None:  # else another module has the name, such as `math`
            sys.modules[name] = module
        spec.loader.exec_module(module)
    except SrcadError:
        raise
    except Exception as error:
        if known_module is None:
            del sys.modules[name]
        raise Refused(_failed(path.name, error)) from error
    return module


def _is_at(module: types.ModuleType, path: Path) -> bool:
    return bool(Path(getattr(module, "__file__", None) or "").resolve() == path)


def _failed(name: str, error: Exception) -> str:
    """What is said of a module that does not import: the error, and the user's line."""
    said = f"{name} cannot be imported: {type(error).__name__}: {error}"
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if not in_library(f.filename) and not _is_ours(f.filename)]
    if own and not isinstance(error, SyntaxError):
        said += f'\n  file "{own[-1].filename}", line {own[-1].lineno}'
    return said


def _is_ours(filename: str) -> bool:
    return Path(filename).parent == Path(__file__).parent


def _walked(module: types.ModuleType, names: list[str], text: str) -> Any:
    found: Any = module
    for name in names:
        holder = found
        try:
            found = getattr(holder, name)
        except AttributeError:
            known = [n for n, v in vars(holder).items() if callable(v)]
            what = getattr(holder, "__name__", "it")
            raise Refused(f"{what} has no {name!r}{_near(name, known)}") from None
        own = inspect.getattr_static(holder, name)
        if isinstance(holder, type) and isinstance(own, types.FunctionType):
            found = getattr(_made(holder, text), name)
    if not callable(found):
        raise Refused(f"{text} is no function, but {type(found).__name__}")
    if isinstance(found, type):
        raise Refused(f"{text} is a class: name a method of it")
    return found


def _made(cls: type, text: str) -> Any:
    """An object for a method."""
    try:
        return cls()
    except TypeError as error:
        raise Refused(
            f"{text} is a method, and {cls.__name__}() does not work: {error}\n"
            "hint: write a function that makes the object and calls the method"
        ) from error


def _near(name: str, known: list[str]) -> str:
    """Names like this one, for an error."""
    found = difflib.get_close_matches(name, known, n=3)
    return f"; did you mean {' or '.join(found)}?" if found else ""
