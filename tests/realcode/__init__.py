"""Code nobody here wrote, differentiated where it lies in installed packages.

Each module takes one package. Its docstring has a table: the function, and what of the
language or of NumPy it needed. Nothing is copied, patched or wrapped differently from
what a user would write.
"""
