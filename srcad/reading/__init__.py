"""Reading what srcad writes: in colour, with the lines it comes from beside it."""
