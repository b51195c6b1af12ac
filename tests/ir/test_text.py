"""text: readable, and the same for the same graph."""

from srcad.ir.builder import Builder, current
from srcad.ir.graph import Graph, Program, Value, literal
from srcad.ir.text import program_text, text
from srcad.ir.types import FLOAT, Range
from srcad.ir.walk import copied, with_body
from srcad.ops.arithmetic import negative


def build():
    r, x = Value("r", Range()), Value("x", FLOAT)
    with Builder().active() as builder:
        i, t = Value("i", FLOAT), Value("x", FLOAT)
        with current().inner() as inner:
            step = t * 2.0
        final, _ = builder.for_([r], [x], inner.block([i, t], [step]), reverse=True)
        with current().inner() as then:
            y = negative(x)
        blocks = then.block((), [y]), only(x)
        (z,) = builder.if_(literal(True), *blocks, [FLOAT], ["z"])
    return Graph("f", builder.block([r, x], [final, z]))


def only(value):
    return Builder().block((), [value])


EXPECTED = """\
graph f(r: range, x: float)
  x.2, v1 = for_(r, x; reverse=True, walked=1): float, int
    body(i, x.3)
      v2 = multiply(x.3, 2.0): float
      -> v2
  z = if_(True): float
    then()
      v3 = negative(x): float
      -> v3
    else()
      -> x
  -> x.2, z"""


def test_text():
    assert text(build()) == EXPECTED
    assert text(with_body(build(), copied(build().body))) == EXPECTED


def test_program_text():
    p = Program("b", {"a": build(), "b": build()})
    assert program_text(p) == EXPECTED + "\n\n" + EXPECTED
