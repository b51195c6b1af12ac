"""The graph: values, nodes, blocks, programs, and the types of values (floor 1)."""
