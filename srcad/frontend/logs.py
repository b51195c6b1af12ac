"""Logging and warnings: kept in order, done once, never differentiated."""

from __future__ import annotations

import logging
import sys
import types
import warnings
from typing import Any

from srcad.errors import UnsupportedSyntax
from srcad.frontend.frame import Frame
from srcad.frontend.refs import Ref, Static
from srcad.ops.effects import notify

_LEVELS = ("debug", "info", "warning", "error", "critical", "exception", "log")


def call_log(
    frame: Frame, target: Any, args: list[Ref], kwargs: dict[str, Ref]
) -> Ref | None:
    """A call that logs or warns; None for other calls."""
    if target is logging.getLogger:
        return Static(_logger(frame, args))
    place = _place(target)
    if place is None:
        return None
    home, path = place
    if kwargs and home is not warnings:
        raise UnsupportedSyntax("keywords of a log call are not supported")
    given = [frame.read(r) for r in (*args, *kwargs.values())]
    named = {"keywords": tuple(kwargs)} if kwargs else {}
    notify(*given, home=home, path=path, **named)
    return Static(None)


def _logger(frame: Frame, args: list[Ref]) -> Any:
    if not all(isinstance(r, Static) for r in args):
        raise UnsupportedSyntax("the name of this logger must be known")
    return logging.getLogger(*(r.value for r in args))  # type: ignore[attr-defined]


def _place(target: Any) -> tuple[types.ModuleType, str] | None:
    """The module a logging function is called by, and the way from there."""
    if target is warnings.warn:
        return warnings, "warn"
    owner = getattr(target, "__self__", None)
    name = getattr(target, "__name__", "")
    if isinstance(owner, logging.Logger) and name in _LEVELS:
        known = "" if owner is logging.getLogger() else repr(owner.name)
        return logging, f"getLogger({known}).{name}"
    if getattr(target, "__module__", "") == "logging" and name in _LEVELS:
        return sys.modules["logging"], name
    return None
