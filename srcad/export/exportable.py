"""What can be written as a module of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from srcad.export.derivative import by_name


class Exportable:
    """A derivative that can be written as a module.

    Attributes
    ----------
    primal : callable
        The user's function.
    backend : str or None
        "python", "numba" or "auto"; None for that of `set_default_backend`.
    parallel : bool or None
        Whether independent rounds of loops run on threads, likewise.
    wrt : tuple of int
        Parameters that a call of it differentiates by whatever is asked of it.
    kinds : tuple of str
        The transforms of it, the innermost first.
    """

    primal: Any
    backend: str | None
    parallel: bool | None
    wrt: tuple[int, ...] = ()

    @property
    def kinds(self) -> tuple[str, ...]:
        """The transforms, the innermost first."""
        raise NotImplementedError

    def exported(self, at: Sequence[Any] = (), made_by: str = "") -> str:
        """The text that `export` writes."""
        raise NotImplementedError

    def export(
        self, path: str | Path, at: Sequence[Any] = (), *, made_by: str = ""
    ) -> Path:
        """Write the derivative as a module of its own, which does not need srcad.

        It carries the helpers that it calls, checks that its arguments are like `at`,
        and checks itself against differences when it is run as a script. Data from
        outside become parameters with defaults; flags, texts and functions from outside
        are as they are now.

        Parameters
        ----------
        path : str or Path
            The file, such as "gradient.py".
        at : sequence
            Arguments, where defaults are not enough: the module is made for their types
            (rank, dtype and which axes have length 1), and its self-test is run there.
        made_by : str, optional
            What its header says of how to export it again.

        Returns
        -------
        Path

        Raises
        ------
        SrcadError
            It calls what a module cannot carry, or does not pass its self-test.
        """
        path = Path(path)
        name = getattr(self.primal, "__name__", "f")
        kind = by_name(self.kinds)[-1]
        again = f'{kind} of {name}: .export("{path.name}", at=...)'
        path.write_text(self.exported(at, made_by or again), "utf-8")
        return path
