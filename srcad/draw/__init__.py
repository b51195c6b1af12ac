"""Pictures of computational graphs: `srcad.graph`, `srcad.explain`, `draw.steps`.

programs     what is drawn: the function or its adjoint, before or after passes
trace        one run of it as a straight line      derivatives   what flows back
model        operations, labels, boxes in boxes    values        numbers for labels
layered      columns and rows                      scene         places in pixels
svg html dot mermaid text                          what is written
"""

from srcad.draw.drawing import Drawing, graph
from srcad.draw.explain import Explanation, explain
from srcad.draw.steps import GraphStep, steps

__all__ = ["Drawing", "Explanation", "GraphStep", "explain", "graph", "steps"]
