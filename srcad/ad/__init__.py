"""Differentiation: graph -> adjoint graph, or graph with tangents (floor 4)."""
