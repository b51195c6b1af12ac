"""verify: each rule of a legal graph, broken once."""

from dataclasses import replace

import pytest

from srcad.errors import InternalError
from srcad.ir.builder import Builder
from srcad.ir.graph import (
    UNDEFINED,
    Block,
    Graph,
    Literal,
    Node,
    Program,
    Value,
    literal,
)
from srcad.ir.structure import call, for_, if_, loop_params, try_, while_, with_
from srcad.ir.types import BOOL, FLOAT, INT, Bottom, Range
from srcad.ir.verify import verify, verify_program
from srcad.ops.arithmetic import add

X, Y, R = Value("x", FLOAT), Value("y", FLOAT), Value("r", Range())
Z, FAILED, EMPTY = Value("z", FLOAT), Value("failed", BOOL), Block((), (), ())


def refused(nodes, results=(X,), params=(X, R), match=""):
    with pytest.raises(InternalError, match=match):
        verify(Graph("f", Block(tuple(params), tuple(nodes), tuple(results))))


def test_a_legal_graph():
    with Builder().active() as builder:
        y = X + 1.0
    verify(Graph("f", builder.block([X], [y, literal(UNDEFINED), literal(None)])))


def test_values_are_defined_once_and_before_use():
    one = Node(add, (X, X), (Y,))
    refused([Node(add, (Y, X), (Value("z", FLOAT),)), one], match="not defined before")
    refused([one, Node(add, (X, X), (Y,))], match="twice")
    refused([], (Y,), match="gives out")
    refused([Node(add, (X, X), (literal(1.0),))], match="literal")


def test_blocks_read_only_what_is_above_them():
    inner = Block((), (Node(add, (X, X), (Y,)),), (Y,))
    out = Value("o", FLOAT)
    branch = Node(if_, (literal(True),), (out,), blocks=(inner, Block((), (), (X,))))
    refused([branch], (Y,), match="another block")
    verify(Graph("f", Block((X,), (branch,), (out,))))


@pytest.mark.parametrize(
    "node",
    [
        Node(if_, (X,), (), blocks=(Block((), (), ()),)),
        Node(if_, (X,), (Y,), blocks=(Block((), (), ()), Block((), (), (X,)))),
        Node(if_, (X,), (), blocks=(Block((Y,), (), ()), Block((), (), ()))),
        Node(for_, (R,), (Value("n", INT),), loop_params(1)),
        Node(for_, (), (Y,), loop_params(0), blocks=(Block((), (), ()),)),
        Node(for_, (R,), (Y,), loop_params(1), blocks=(Block((), (), ()),)),
        Node(
            for_,
            (X,),
            (Y,),
            loop_params(1),
            blocks=(Block((Value("i", INT),), (), ()),),
        ),
        Node(
            for_,
            (R,),
            (Y,),
            loop_params(1, stop=True),
            blocks=(Block((Value("i", INT),), (), ()),),
        ),
        Node(while_, (), (Y,), blocks=(Block((), (), ()), Block((), (), ()))),
        Node(call, (X,), (Y,), {}),
        Node(with_, (X,), (), {"function": None}),
        Node(with_, (), (), {"function": None}, (Block((), (), ()),)),
        Node(with_, (X,), (Y,), {"function": open}, (Block((), (), ()),)),
        Node(with_, (), (), {"function": open, "keywords": ("a",)}, (EMPTY,)),
        Node(with_, (X,), (), {"function": open}, (Block((Y, Z), (), ()),)),
        Node(try_, (), (), {"catches": (ValueError,)}, (EMPTY, EMPTY)),
        Node(try_, (), (FAILED,), {"catches": (ValueError,)}, (EMPTY,)),
        Node(try_, (X,), (FAILED,), {"catches": (ValueError,)}, (EMPTY, EMPTY)),
        Node(try_, (), (FAILED,), {"catches": ("ValueError",)}, (EMPTY, EMPTY)),
        Node(try_, (), (Y, FAILED), {"catches": (ValueError,)}, (EMPTY, EMPTY)),
        Node(try_, (), (FAILED,), {"catches": ()}, (Block((Y,), (), ()), EMPTY)),
    ],
)
def test_layouts(node):
    refused([node], match=node.op.name)


def test_literals_and_params():
    wrong = Literal("", FLOAT, 1)
    refused([Node(add, (X, wrong), (Y,))], match="literal")
    refused([], (Literal("", FLOAT, UNDEFINED),), match="literal")
    verify(Graph("f", Block((), (), (Literal("", Bottom(), UNDEFINED),))))
    refused([Node(add, (X, X), (Y,), {"k": (X,)})], match="param 'k'")


def test_calls_fit_the_program():
    callee = Graph("g", Block((Value("a", BOOL),), (), (literal(1.0),)))
    out = Value("o", FLOAT)

    def program(*inputs, key="g", outputs=(out,)):
        node = Node(call, inputs, outputs, {"callee": key})
        main = Graph("f", Block((X,), (node,), outputs))
        return Program("f", {"f": main, "g": callee})

    verify_program(program(X))
    for broken in (program(), program(X, key="h"), program(X, outputs=())):
        with pytest.raises(InternalError):
            verify_program(broken)
    with pytest.raises(InternalError, match="no graph"):
        verify_program(replace(program(X), main="h"))
