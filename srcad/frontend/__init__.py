"""From source text to the typed graph (floor 3)."""
