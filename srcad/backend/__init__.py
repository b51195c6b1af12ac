"""From the graph to Python: source text, names, dialects, functions (floor 4)."""
