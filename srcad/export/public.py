"""The public function of an exported module.

Takes what the derivative is, and the names of the generated functions; gives a function
with the user's signature, type hints and docstring, which checks its arguments and
calls those.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field
from typing import Any

from srcad.export import standalone
from srcad.export.carry import Carried
from srcad.export.derivative import Derivative
from srcad.export.layout import call, escaped, listed, made_for, spread, tuple_of
from srcad.export.literals import (
    WIDTH,
    annotation,
    kind_of,
    literal,
    number,
    plain,
)

CAPTURED = 2000  # data from outside with more elements has to be passed


@dataclass
class Public:
    """A public function being put together.

    name : its own; generated : those of the functions it calls.
    names, outside : its parameters: the user's, and for data from outside.
    plain : told what helpers and imports it needs.
    constants : texts of its defaults that need a name of their own.
    """

    what: Derivative
    name: str
    generated: tuple[str, ...]
    names: tuple[str, ...]
    outside: tuple[str, ...]
    plain: Carried
    constants: dict[str, str] = field(default_factory=dict)

    def text(self) -> str:
        """The whole function."""
        what = self.what
        lines = [*self._docstring(), *self._checks()]
        out, residual, found = map(self._local, ("out", "residual", "found"))
        given = ", ".join((*self.names, *self.outside))
        main, *others = self.generated
        if what.kind == "vjp":
            self.plain.add(standalone.same_shapes)
            lines += [
                *call(f"{out}, {residual} = {main}", given),
                "",
                "def pullback(cotangent: Any) -> Any:",
                '    """The cotangents of the arguments, for that of the value."""',
                f'    same_shapes(cotangent, {out}, "the cotangent")',
                f"    return {others[0]}({residual}, cotangent)",
                "",
                f"return {out}, pullback",
            ]
            self.use("typing", "Any")
        elif what.kind == "jvp":
            dots = ", ".join(f"{n}_dot" for n in what.wrt)
            lines += call(f"return {main}", f"{given}, {dots}")
        elif what.kind == "jacobian":
            lines += call(f"return {main}", given)
        else:
            self.plain.add(standalone.same_shapes)
            part = "[1]" if what.kind == "value_and_grad" else ""
            part = "[0]" if what.kind == "grad" and what.has_aux else part
            like = what.wrt[0] if what.single else tuple_of(what.wrt)
            lines += [
                *call(f"{found} = {main}", given),
                *call("same_shapes", f'{found}{part}, {like}, "the gradient"'),
                f"return {found}",
            ]
        indented = textwrap.indent("\n".join(lines), "    ")
        return f"{self._signature()}\n{indented}"

    def _local(self, name: str) -> str:
        """A name that no parameter has."""
        while name in (*self.names, *self.outside):
            name += "_"
        return name

    def _signature(self) -> str:
        what = self.what
        parts, starred = [], False
        fits = self._defaults()
        for p, value in zip(what.parameters, what.values, strict=True):
            if p.kind is p.KEYWORD_ONLY and not starred:
                parts.append("*")
                starred = True
            hint = annotation(value, self.use)
            default = fits.get(p.name)
            parts.append(f"{p.name}: {hint}" + (f" = {default}" if default else ""))
        more = []
        if what.kind == "jvp":
            pairs = dict(zip(self.names, what.values, strict=True))
            more += [f"{n}_dot: {annotation(pairs[n], self.use)}" for n in what.wrt]
        for name, value in zip(self.outside, what.hidden, strict=True):
            default = self._constant(name, value)
            hint = annotation(value, self.use)
            more.append(f"{name}: {hint}" + (f" = {default}" if default else ""))
        if more and not starred:
            parts.append("*")
        parts += more
        line = f"def {self.name}({', '.join(parts)}) -> {self._result()}:"
        if len(line) <= WIDTH:
            return line
        inner = "".join(f"    {part},\n" for part in parts)
        return f"def {self.name}(\n{inner}) -> {spread(self._result(), 6)}:"

    def _result(self) -> str:
        if self.what.kind == "vjp":
            self.use("collections.abc", "Callable")
            self.use("typing", "Any")
            return (
                f"tuple[{annotation(self.what.result, self.use)}, Callable[[Any], Any]]"
            )
        return annotation(self.what.result, self.use)

    def _defaults(self) -> dict[str, str]:
        """The defaults that calls may leave to the function: from one on, all."""
        found: dict[str, str] = {}
        for p, value in zip(self.what.parameters, self.what.values, strict=True):
            known = p.default is not p.empty
            default = plain(p.default, f"the default of {p.name}") if known else None
            if type(default) is int and isinstance(value, float):
                default = float(default)
            if known and _agree(default, value):
                simple = default is None or isinstance(default, (str, int, float))
                found[p.name] = (
                    number(default)
                    if simple
                    else self._constant(f"{p.name}_default", default) or ""
                )
            elif p.kind is not p.KEYWORD_ONLY:
                found.clear()
        return found

    def _constant(self, name: str, value: Any) -> str | None:
        """The text of a default, with a name of its own where it is not simple."""
        if isinstance(value, (bool, int, float, complex, str)) or value is None:
            return number(value)
        text, drawn = literal(value, 0, CAPTURED)
        if drawn:
            return None
        self.constants[name] = text
        return name

    def _docstring(self) -> list[str]:
        body = self.summary()
        if self.outside:
            more = (
                f"{listed(self.outside)}: read from outside by the function; by "
                "default as it was on export."
            )
            body += "\n\n" + "\n".join(textwrap.wrap(more, WIDTH - 8))
        if self.what.doc:
            lines = [
                part
                for line in self.what.doc.splitlines()
                for part in textwrap.wrap(
                    line,
                    WIDTH - 4,
                    subsequent_indent=" " * (len(line) - len(line.lstrip())),
                )
                or [""]
            ]
            body += "\n\n" + "\n".join(lines)
        body = escaped(body)
        end = "" if "\n" not in body and len(body) < WIDTH - 10 else "\n"
        return f'"""{body}{end}"""'.splitlines()

    def _checks(self) -> list[str]:
        what = self.what
        self.plain.add(standalone.made_for)
        lines: list[str] = []
        for k, (name, value) in enumerate(zip(self.names, what.values, strict=True)):
            kind = repr(value) if k in what.fixed else kind_of(value)
            lines += made_for(kind, name)
            if what.kind == "jvp" and name in what.wrt:
                self.plain.add(standalone.same_shapes)
                lines += made_for(kind, f"{name}_dot")
                lines += call("same_shapes", f'{name}_dot, {name}, "{name}_dot"')
        for name, value in zip(self.outside, what.hidden, strict=True):
            lines += made_for(kind_of(value), name)
        for k in what.written:
            self.plain.add(standalone.refuse_shared)
            others = ", ".join(n for j, n in enumerate(self.names) if j != k)
            name = self.names[k]
            lines += call("refuse_shared", f'{name}, [{others}], "{name}"')
        for k in what.contiguous:
            self.plain.add(standalone.refuse_strided)
            lines += call("refuse_strided", f'{self.names[k]}, "{self.names[k]}"')
        return lines

    def use(self, module: str, name: str) -> None:
        """Import a name for a type hint."""
        alias = "np" if module == "numpy" and not name else name or module
        self.plain.imports.add((module, name, alias))

    def summary(self) -> str:
        """One sentence: what it gives."""
        what = self.what
        by = listed(what.wrt)
        *inner, kind = what.said
        whole = "".join(f"{_WORDS[k]} of " for k in reversed(inner)) + f"`{what.name}`"
        texts = {
            "grad": f"The gradient of {whole} by {by}.",
            "value_and_grad": f"The value and the gradient of {whole} by {by}.",
            "jvp": f"The value of {whole} and its tangent along "
            f"{listed([f'{n}_dot' for n in what.wrt])}.",
            "vjp": f"The value of {whole} and its pullback to {by}.",
            "jacobian": f"The Jacobian of {whole} by {by}: the axes of the result, "
            "then those of the argument.",
            "hessian": f"The Hessian of {whole} by {by}: the axes of {by} twice.",
        }
        return "\n".join(textwrap.wrap(texts[kind], WIDTH - 8))


_WORDS = {
    "grad": "the gradient",
    "value_and_grad": "the value and gradient",
    "jvp": "the tangent",
}


def _agree(default: Any, value: Any) -> bool:
    """Whether a default is of the kind that the source was made for."""
    return bool(kind_of(default) == kind_of(value))
