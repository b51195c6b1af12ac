"""A long line broken at brackets and operators, the way formatters do it."""

from __future__ import annotations

import io
import tokenize

COLUMNS = 88
_OPEN, _CLOSE = ("(", "[", "{"), (")", "]", "}")


def wrapped(text: str, depth: int) -> list[str]:
    """The lines of a statement or a header, indented."""
    indent = "    " * depth
    if len(indent) + len(text) <= COLUMNS:
        return [indent + text]
    try:
        tokens = _tokens(text)
    except (tokenize.TokenError, IndentationError, SyntaxError):
        return [indent + text]
    if text.startswith("for "):
        return _loop(text, depth)
    if text.startswith("return ") and len(_split(text, ",")) > 1:
        items = _inside(text.removeprefix("return "), depth + 1)
        return [f"{indent}return (", *items, f"{indent})"]
    found = _brackets(tokens, len(text))
    if found is None:
        return _parenthesized(text, tokens, indent) or [indent + text]
    start, end = found
    head, inside, tail = text[: start + 1], text[start + 1 : end], text[end:]
    if len(indent) + len(head) > COLUMNS or not inside.strip():
        return _parenthesized(text, tokens, indent) or [indent + text]
    return [indent + head, *_inside(inside, depth + 1), indent + tail]


def _loop(text: str, depth: int) -> list[str]:
    """A loop's header: what is walked on lines of its own, then the targets too."""
    indent = "    " * depth
    items, _, walked = text[4:].partition(" in ")
    head = f"for {items} in {walked.partition('(')[0]}("
    if not walked.endswith("):"):
        return [indent + text]
    inside = walked[walked.index("(") + 1 : -2]
    whole = "    " * (depth + 1) + inside
    listed = [whole] if len(whole) <= COLUMNS else _inside(inside, depth + 1)
    if len(indent + head) <= COLUMNS:
        return [indent + head, *listed, f"{indent}):"]
    names = _inside(items, depth + 1)
    middle = f"{indent}{head[len(items) + 4 :]}".replace(" in ", ") in ", 1)
    return [f"{indent}for (", *names, middle, *listed, f"{indent}):"]


def _inside(text: str, depth: int) -> list[str]:
    indent = "    " * depth
    text = text.strip()
    if len(indent) + len(text) <= COLUMNS:
        return [indent + text]
    parts = _split(text, ",")
    if len(parts) > 1:
        lines: list[str] = []
        for part in parts:
            if part:
                lines += _item(part, depth)
        return lines
    return _operators(text, depth)


def _item(text: str, depth: int) -> list[str]:
    lines = wrapped(text, depth)
    return [*lines[:-1], lines[-1] + ","]


def _operators(text: str, depth: int) -> list[str]:
    for signs in (("or",), ("and",), ("+", "-"), ("*", "/", "@", "//", "%")):
        pieces = _cut(text, signs)
        if len(pieces) > 1:
            return [line for p in pieces for line in wrapped(p, depth)]
    return wrapped(text, depth)


def _parenthesized(
    text: str, tokens: list[tokenize.TokenInfo], indent: str
) -> list[str]:
    """`x = (` ... `)` around the right-hand side, or around what is returned."""
    if text.startswith("return ") and not text.startswith("return ("):
        inner = _operators(text.removeprefix("return "), len(indent) // 4 + 1)
        return [f"{indent}return (", *inner, f"{indent})"]
    depth = 0
    for t in tokens:
        depth += (t.string in _OPEN) - (t.string in _CLOSE)
        if t.type == tokenize.OP and t.string.endswith("=") and len(t.string) <= 3:
            if depth or t.string in ("==", "<=", ">=", "!="):
                continue
            head, rest = text[: t.end[1]], text[t.end[1] :].strip()
            if len(indent) + len(head) > COLUMNS and len(_split(head, ",")) > 1:
                return _targets(head, rest, len(indent) // 4)
            if rest.startswith("("):
                return []
            split = _inside if len(_split(rest, ",")) > 1 else _operators
            inner = split(rest, len(indent) // 4 + 1)
            return [f"{indent}{head} (", *inner, f"{indent})"]
    return []


def _targets(head: str, rest: str, depth: int) -> list[str]:
    """`(a, b, c) = ...`, where the names alone are longer than a line."""
    indent = "    " * depth
    names = _inside(head.removesuffix("=").strip(), depth + 1)
    first, *lines = wrapped(f"_ = {rest}", depth)
    return [f"{indent}(", *names, first.replace("_ =", ") =", 1), *lines]


def _tokens(text: str) -> list[tokenize.TokenInfo]:
    source = text if not text.endswith(":") else f"{text} pass"
    if text.startswith("elif "):
        source = f"if  {source[4:]}"  # as long as before: places are counted in it
    readline = io.StringIO(source).readline
    return list(tokenize.generate_tokens(readline))


def _brackets(tokens: list[tokenize.TokenInfo], length: int) -> tuple[int, int] | None:
    """The outermost pair of brackets that ends last and holds most."""
    pairs: list[tuple[int, int]] = []
    stack: list[int] = []
    for t in tokens:
        if t.type != tokenize.OP:
            continue
        if t.string in _OPEN:
            stack.append(t.start[1])
        elif t.string in _CLOSE and stack:
            start = stack.pop()
            if not stack:
                pairs.append((start, t.start[1]))
    pairs = [p for p in pairs if p[1] < length]
    if not pairs:
        return None
    best = max(pairs, key=lambda p: p[1] - p[0])
    rest = length - (best[1] - best[0])
    return best if rest < COLUMNS - 12 and best[1] - best[0] > 20 else None


def _depths(text: str) -> list[tuple[tokenize.TokenInfo, int]]:
    depth = 0
    found = []
    for t in tokenize.generate_tokens(io.StringIO(text).readline):
        if t.type == tokenize.OP and t.string in _CLOSE:
            depth -= 1
        found.append((t, depth))
        if t.type == tokenize.OP and t.string in _OPEN:
            depth += 1
    return found


def _split(text: str, sign: str) -> list[str]:
    """Parts between top-level commas."""
    cuts = [t.start[1] for t, d in _depths(f"{text}") if t.string == sign and not d]
    starts = [0, *[c + 1 for c in cuts]]
    return [text[a:b].strip() for a, b in zip(starts, [*cuts, len(text)], strict=True)]


def _cut(text: str, signs: tuple[str, ...]) -> list[str]:
    """Pieces that begin at top-level binary operators."""
    cuts = []
    previous = None
    for t, d in _depths(text):
        binary = previous is not None and (
            previous.type in (tokenize.NAME, tokenize.NUMBER, tokenize.STRING)
            or previous.string in _CLOSE
        )
        if not d and binary and t.string in signs:
            cuts.append(t.start[1])
        previous = t
    ends = [*cuts, len(text)]
    starts = [0, *cuts]
    return [text[a:b].strip() for a, b in zip(starts, ends, strict=True) if b > a]
