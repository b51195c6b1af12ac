"""The text of an exported module, from its parts.

Takes what the derivative is (`Derivative`); gives the whole module: header, imports,
data from outside, the public function, the generated functions, the helpers they call,
and the self-test.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from dataclasses import dataclass, field
from typing import Any

from srcad.backend import runtime
from srcad.errors import SignatureError
from srcad.export import standalone
from srcad.export.carry import Carried, import_lines, names_used
from srcad.export.derivative import Derivative
from srcad.export.functions import compiled_texts, functions_of
from srcad.export.layout import call, listed, made_for, spread, tuple_of
from srcad.export.literals import (
    WIDTH,
    annotation,
    kind_of,
    literal,
    number,
    plain,
    quoted,
)
from srcad.export.self_test import Named, self_test

# What the module itself may define or import.
TAKEN = {"self_test", "sys", "operator", "njit", "NDArray", *vars(standalone)}
TAKEN |= set(vars(runtime))
CAPTURED = 2000  # data from outside with more elements has to be passed
SUFFIXES = {
    "grad": ("adjoint",),
    "value_and_grad": ("adjoint",),
    "jvp": ("tangent",),
    "vjp": ("fwd", "bwd"),
}


@dataclass
class Module:
    """A module being put together."""

    what: Derivative
    plain: Carried = field(default_factory=Carried)
    inner: Carried = field(default_factory=Carried)
    constants: dict[str, str] = field(default_factory=dict)

    def text(self) -> str:
        """The whole module.

        Raises
        ------
        SrcadError
            Something in it cannot be exported.
        """
        what = self.what
        base = "_".join([what.name, *what.kinds[:-1]])
        self.public = f"{base}_{what.kind}"
        self.names = tuple(p.name for p in what.parameters)
        self.parts = []
        taken = {base, self.public, *TAKEN}
        for program, suffix in zip(what.programs, SUFFIXES[what.kind], strict=True):
            part = functions_of(
                program,
                f"{base}_{suffix}",
                what.dialect,
                taken,
                self.inner,
                what.place,
            )
            self.parts.append(part)
            taken |= set(part.texts)
        self.primal = functions_of(
            what.primal, base, "python", taken, self.plain, what.place
        )
        k = len(self.names)
        self.outside = self.parts[0].parameters[k : k + len(what.hidden)]
        self._check_names()
        compiled_texts(self.parts, self.inner)
        public = self._public()
        every = (*self.names, *self.outside)
        given = zip(every, (*what.values, *what.hidden), strict=True)
        named = set(self.outside) & set(self.constants)
        at = {n: Named(n) if n in named else v for n, v in given}
        test, needs = self_test(what, self.public, self.primal.main, at)
        for helper in needs:
            self.plain.add(helper)
        self.use("typing", "Any")
        helpers = {**self.plain.texts, **self.inner.texts}
        imports = self.plain.imports | self.inner.imports
        if any("np." in text for text in (public, test, *self.constants.values())):
            imports.add(("numpy", "", "np"))
        parts = [*self.parts, self.primal]
        texts = {n: t for p in parts for n, t in p.texts.items()}
        own = [self.public, *self.constants, *(n for p in parts for n in p.texts)]
        self._refuse(
            {n for n in own if own.count(n) > 1}
            | set(own) & ({alias for _, _, alias in imports} | set(helpers))
        )
        sections = [
            self._header(),
            import_lines({*imports, ("sys", "", "sys")}),
            _all([self.primal.main, self.public]),
            *(f"{name} = {value}" for name, value in self.constants.items()),
        ]
        functions = [
            public,
            *texts.values(),
            "# ---- helpers of srcad (MIT licence), as they are ----",
            *helpers.values(),
            "# ---- the self-test ----",
            test,
        ]
        whole = "\n\n".join(sections) + "\n\n\n" + "\n\n\n".join(functions) + "\n"
        header = sections[0]
        return whole.replace(header, header + _noted(whole), 1)

    def _check_names(self) -> None:
        expected = (*self.names, *self.outside)
        names = set(expected) | {f"{n}_dot" for n in self.what.wrt}
        used = {n for n, f in vars(standalone).items() if inspect.isfunction(f)}
        used |= {self.public, self.primal.main, *(p.main for p in self.parts)}
        clash = names & used
        if len(names) < len(expected) + len(self.what.wrt):
            clash = {f"{n}_dot" for n in self.what.wrt}
        if self.primal.parameters != expected:
            clash |= set(self.primal.parameters) ^ set(expected)
        self._refuse(clash)

    def _refuse(self, clash: set[str]) -> None:
        """Refuse names that mean two things in the module."""
        if clash:
            raise SignatureError(
                "names are taken in the exported module, or not those of the function: "
                f"{listed(sorted(clash))}",
                self.what.place,
                "rename the parameter, global or function",
            )

    def use(self, module: str, name: str) -> None:
        """Import a name for a type hint."""
        alias = "np" if module == "numpy" and not name else name or module
        self.plain.imports.add((module, name, alias))

    # ---- the header ------------------------------------------------------------------

    def _header(self) -> str:
        needs = {"numpy": "NumPy", "numba": "Numba", "scipy": "SciPy"}
        tops = {m.partition(".")[0] for m, _, _ in self.inner.imports}
        tops |= {m.partition(".")[0] for m, _, _ in self.plain.imports} | {"numpy"}
        titles = [title for top, title in needs.items() if top in tops]
        body = [
            self._summary(),
            "",
            *textwrap.wrap(
                f"It needs {listed(titles)}. Run as a script, it checks itself "
                "against differences. Written by srcad; do not edit, but export anew:",
                WIDTH - 1,
            ),
            "",
            textwrap.indent(self.what.made_by, "    "),
            "",
            self.what.origin,
        ]
        text = "\n".join(body)
        if '"""' in text:
            return f'"""{_escaped(text)}\n"""'
        return f'{"r" if chr(92) in text else ""}"""{text}\n"""'

    def _summary(self) -> str:
        what = self.what
        by = listed(what.wrt)
        of = " of ".join(["", *[_WORDS[k] for k in reversed(what.kinds[:-1])]])
        whole = f"`{what.name}`"
        texts = {
            "grad": f"The gradient of {of[4:]}{' of ' * bool(of)}{whole} by {by}.",
            "value_and_grad": f"The value and the gradient of {of[4:]}"
            f"{' of ' * bool(of)}{whole} by {by}.",
            "jvp": f"The value of {whole} and its tangent along "
            f"{listed([f'{n}_dot' for n in what.wrt])}.",
            "vjp": f"The value of {whole} and its pullback to {by}.",
        }
        return "\n".join(textwrap.wrap(texts[what.kind], WIDTH - 8))

    # ---- the public function ---------------------------------------------------------

    def _public(self) -> str:
        what = self.what
        lines = [*self._docstring(), *self._checks()]
        out, residual, found = map(self._local, ("out", "residual", "found"))
        given = ", ".join((*self.names, *self.outside))
        main = self.parts[0].main
        if what.kind == "vjp":
            self.plain.add(standalone.same_shapes)
            lines += [
                *call(f"{out}, {residual} = {main}", given),
                "",
                "def pullback(cotangent: Any) -> Any:",
                '    """The cotangents of the arguments, for that of the value."""',
                f'    same_shapes(cotangent, {out}, "the cotangent")',
                f"    return {self.parts[1].main}({residual}, cotangent)",
                "",
                f"return {out}, pullback",
            ]
            self.use("typing", "Any")
        elif what.kind == "jvp":
            dots = ", ".join(f"{n}_dot" for n in what.wrt)
            lines += call(f"return {main}", f"{given}, {dots}")
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
        line = f"def {self.public}({', '.join(parts)}) -> {self._result()}:"
        if len(line) <= WIDTH:
            return line
        inner = "".join(f"    {part},\n" for part in parts)
        return f"def {self.public}(\n{inner}) -> {spread(self._result(), 6)}:"

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
        body = self._summary()
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
        body = _escaped(body)
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


_WORDS = {
    "grad": "the gradient",
    "value_and_grad": "the value and gradient",
    "jvp": "the tangent",
}


def _all(names: list[str]) -> str:
    line = f"__all__ = [{', '.join(map(quoted, names))}]"
    inner = "".join(f"    {quoted(name)},\n" for name in names)
    return line if len(line) <= WIDTH else f"__all__ = [\n{inner}]"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')


def _noted(text: str) -> str:
    """What a linter shall let pass.

    Lists of one length are walked together; long texts and commands stay whole.
    """
    nodes = list(ast.walk(ast.parse(text)))
    loops = [n for n in nodes if isinstance(n, ast.For)]
    calls = [n for n in nodes if isinstance(n, ast.Call) and not n.keywords]
    zipped = any(isinstance(c.func, ast.Name) and c.func.id == "zip" for c in calls)
    again = any(
        {t.id for t in ast.walk(n.target) if isinstance(t, ast.Name)}
        & set(names_used(n.iter))
        for n in loops
    )
    long = any(len(line) > WIDTH for line in text.splitlines())
    noted = (("B020", again), ("B905", zipped), ("E501", long))
    codes = [code for code, on in noted if on]
    return f"\n# ruff: noqa: {', '.join(codes)}" if codes else ""


def _agree(default: Any, value: Any) -> bool:
    """Whether a default is of the kind that the source was made for."""
    return bool(kind_of(default) == kind_of(value))
