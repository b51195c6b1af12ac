"""Run a planned graph as printed source would: marked nodes write in place."""

from __future__ import annotations

import ast
import math
from unittest import mock

import numpy as np

from srcad.backend import evaluate as evaluator
from srcad.backend import runtime
from srcad.backend.template import input_names, template
from srcad.ir.graph import Program


def _write(x, index, v):
    x[index] = v
    return x


def _add(x, index, v):
    np.add.at(x, index, v)
    return x


def _entry(x, v, at):
    x[at] = x[at] + v
    return x


def _append(xs, v):
    xs.append(v)
    return xs


class Writing:
    updated = staticmethod(_write)
    added_at = staticmethod(_add)
    list_set = staticmethod(_write)
    add_any = staticmethod(_entry)


def operation(node):
    if node.params.get("inplace") is not True:
        return _pure(node)
    ufunc = getattr(np, node.op.name, None)
    if isinstance(ufunc, np.ufunc):
        return lambda x, *rest: ufunc(x, *rest, out=x)
    if node.op.name == "list_append":
        return _append
    names = input_names(node.op, len(node.inputs))
    text = f"lambda {', '.join(names)}: {ast.unparse(template(node))}"
    return eval(text, {"np": np, "math": math, "runtime": Writing})


_pure = evaluator.operation
assert runtime.updated


def run_writing(made, *arguments):
    """The results of a planned graph for arguments."""
    return run_program_writing(Program("f", {"f": made}), *arguments)


def run_program_writing(program, *arguments):
    """The results of a planned program's main graph for arguments."""
    with mock.patch.object(evaluator, "operation", operation):
        return evaluator.evaluate(program, arguments)[0]


def leaves(value):
    """The arrays in a result."""
    if isinstance(value, np.ndarray):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return [leaf for v in value for leaf in leaves(v)]
    return []
