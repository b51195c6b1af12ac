"""A computational graph, forwards and backwards, with a number at each node.

The tutorial's function is g(x, y, z) = (x + y) * z. At x = 1, y = 3, z = -3 the values
flow forwards through two nodes:

    x = 1 ─┐
           ├─ p = x + y = 4 ─┐
    y = 3 ─┘                 ├─ g = p * z = -12
    z = -3 ──────────────────┘

and the derivatives flow back, each the derivative above it times a local one. This
script reads both off the graph that srcad makes of `g`; no number in it is typed in.
(`srcad.graph(g, 1, 3, -3).save("g.svg")` draws it.)

    python examples/01_computational_graph.py
"""

from srcad import grad
from srcad.draw import steps


def g(x, y, z):
    p = x + y
    return p * z


def forward_lines(graph):
    """One line per value, in the order they are computed: `p = x + y = 4`."""
    for step in graph:
        how = f"{step.operation} = " if step.operation else ""
        yield f"{step.name} = {how}{step.value:g}"


def backward_lines(graph):
    """One line per derivative, the result's first: `dg/dx = dg/dp * dp/dx = ...`.

    A value that is used by a later one gets that one's derivative times the local
    derivative between the two; used by several, it gets the sum.
    """
    result = graph[-1].name
    for step in reversed(graph):
        users = [later for later in graph if step.name in later.factors]
        rule = " + ".join(
            f"d{result}/d{user.name} * d{user.name}/d{step.name}" for user in users
        )
        numbers = " + ".join(
            f"{user.derivative:g} * {user.factors[step.name]:g}" for user in users
        )
        how = f"{rule} = {numbers} = " if users else ""
        yield f"d{result}/d{step.name} = {how}{step.derivative:g}"


def main(function=g, arguments=(1, 3, -3)):
    graph = steps(function, *arguments)

    print("Forward: the value at each node")
    for line in forward_lines(graph):
        print("   ", line)

    print("\nBackward: the derivative at each node, from the result to the arguments")
    for line in backward_lines(graph):
        print("   ", line)

    gradient = grad(function, argnums=tuple(range(len(arguments))))
    found = gradient(*arguments)
    print("\nThe same as a Python function, written by srcad:\n")
    print(gradient.source)
    print(f"gradient{arguments} = {found}")
    return graph, found


if __name__ == "__main__":
    main()
