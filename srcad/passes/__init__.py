"""Passes: graph -> graph, each a function in its own file (floor 3)."""
