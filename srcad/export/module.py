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

from srcad.backend import runtime
from srcad.errors import SignatureError
from srcad.export import standalone
from srcad.export.carry import Carried, import_lines, names_used
from srcad.export.derivative import Derivative
from srcad.export.functions import compiled_texts, functions_of
from srcad.export.layout import escaped, listed
from srcad.export.literals import WIDTH, quoted
from srcad.export.public import Public
from srcad.export.self_test import Named, self_test

# What the module itself may define or import.
TAKEN = {"self_test", "sys", "operator", "njit", "NDArray", *vars(standalone)}
TAKEN |= set(vars(runtime))
SUFFIXES = {
    "grad": ("adjoint",),
    "value_and_grad": ("adjoint",),
    "jvp": ("tangent",),
    "vjp": ("fwd", "bwd"),
    "jacobian": ("matrix",),
}


@dataclass
class Module:
    """A module being put together."""

    what: Derivative
    plain: Carried = field(default_factory=Carried)
    inner: Carried = field(default_factory=Carried)

    def text(self) -> str:
        """The whole module.

        Raises
        ------
        SrcadError
            Something in it cannot be exported.
        """
        what = self.what
        base = "_".join([what.name, *what.kinds[:-1]])
        self.public = "_".join([what.name, *what.said])
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
                what.threads,
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
        mains = tuple(part.main for part in self.parts)
        public = Public(what, self.public, mains, self.names, self.outside, self.plain)
        function = public.text()
        constants = public.constants
        every = (*self.names, *self.outside)
        given = zip(every, (*what.values, *what.hidden), strict=True)
        named = set(self.outside) & set(constants)
        at = {n: Named(n) if n in named else v for n, v in given}
        test, needs = self_test(what, self.public, self.primal.main, at)
        for helper in needs:
            self.plain.add(helper)
        public.use("typing", "Any")
        helpers = {**self.plain.texts, **self.inner.texts}
        imports = self.plain.imports | self.inner.imports
        if any("np." in text for text in (function, test, *constants.values())):
            imports.add(("numpy", "", "np"))
        parts = [*self.parts, self.primal]
        texts = {n: t for p in parts for n, t in p.texts.items()}
        own = [self.public, *constants, *(n for p in parts for n in p.texts)]
        self._refuse(
            {n for n in own if own.count(n) > 1}
            | set(own) & ({alias for _, _, alias in imports} | set(helpers))
        )
        sections = [
            self._header(public.summary()),
            import_lines({*imports, ("sys", "", "sys")}),
            _all([self.primal.main, self.public]),
            *(f"{name} = {value}" for name, value in constants.items()),
        ]
        functions = [
            function,
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

    # ---- the header ------------------------------------------------------------------

    def _header(self, summary: str) -> str:
        needs = {"numpy": "NumPy", "numba": "Numba", "scipy": "SciPy"}
        tops = {m.partition(".")[0] for m, _, _ in self.inner.imports}
        tops |= {m.partition(".")[0] for m, _, _ in self.plain.imports} | {"numpy"}
        titles = [title for top, title in needs.items() if top in tops]
        body = [
            summary,
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
            return f'"""{escaped(text)}\n"""'
        return f'{"r" if chr(92) in text else ""}"""{text}\n"""'


def _all(names: list[str]) -> str:
    line = f"__all__ = [{', '.join(map(quoted, names))}]"
    inner = "".join(f"    {quoted(name)},\n" for name in names)
    return line if len(line) <= WIDTH else f"__all__ = [\n{inner}]"


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
