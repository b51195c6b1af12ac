"""`srcad export`: a derivative as a module of its own, and whether it is up to date."""

from __future__ import annotations

import argparse
import ast
import difflib
import json
import shlex
from collections.abc import Sequence
from pathlib import Path

from srcad.cli.asked import add_kind, add_target, derivative
from srcad.cli.command import FINE, NO, Answer, Command, Refused
from srcad.cli.values import arguments

WIDTH = 78
COMMAND = "srcad export "


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    add_target(parser, several=True)
    add_kind(parser)
    parser.add_argument("-o", "--output", metavar="FILE", help="the file to write")
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; status 1 and a diff if the file is not up to date "
        "(`srcad export --check FILE` exports as its header says)",
    )
    parser.add_argument("--json", action="store_true")


def run(options: argparse.Namespace) -> Answer:
    """Export, or compare with what an export would write."""
    if options.check and not any(":" in each for each in options.target):
        answers = [_checked(_asked_before(Path(p), options), p) for p in options.target]
        text = "\n".join(answer.text for answer in answers)
        return Answer(text, max(answer.status for answer in answers))
    if len(options.target) != 1:
        raise Refused("one target at a time")
    (options.target,) = options.target
    if options.output is None:
        raise Refused("-o FILE says where to write it")
    if options.check:
        return _checked(options, options.output)
    Path(options.output).write_text(_text(options), encoding="utf-8")
    return _answer(options, f"{options.output} written, its self-test passes", FINE)


def _text(options: argparse.Namespace) -> str:
    found = derivative(options)
    given, named = arguments(found, options.at)
    at = [*given.values(), *named.values()]
    return found.exported(at, _written_by(options))


def _checked(options: argparse.Namespace, path: str) -> Answer:
    """Whether a file is what an export would write."""
    text = _text(options)
    old = Path(path).read_text("utf-8") if Path(path).is_file() else ""
    if old == text:
        return _answer(options, f"{path} is up to date", FINE)
    diff = difflib.unified_diff(
        old.splitlines(), text.splitlines(), path, "now", lineterm=""
    )
    return _answer(options, "\n".join(diff), NO)


def _answer(options: argparse.Namespace, text: str, status: int) -> Answer:
    if options.json:
        shown = {"file": options.output, "current": status == FINE, "said": text}
        return Answer(json.dumps(shown, indent=1), status)
    return Answer(text, status)


def _words(options: argparse.Namespace) -> list[list[str]]:
    """The command again, word by word, in groups that stay on one line."""
    named = (
        ("--kind", options.kind),
        ("--wrt", options.wrt),
        ("--backend", options.backend),
    )
    groups = [[options.target], ["-o", options.output]]
    groups += [[name, value] for name, value in named if value is not None]
    groups += [["--parallel"]] if options.parallel else []
    if options.at:
        first, *rest = options.at
        groups += [["--at", first], *[[word] for word in rest]]
    return groups


def _written_by(options: argparse.Namespace) -> str:
    """The command for the header, on as many lines as it needs."""
    lines = [COMMAND.strip()]
    for group in _words(options):
        text = shlex.join(group)
        if len(lines[-1]) + len(text) + 3 > WIDTH:
            lines[-1] += " \\"
            lines.append(f"    {text}")
        else:
            lines[-1] += f" {text}"
    return "\n".join(lines)


def _asked_before(path: Path, options: argparse.Namespace) -> argparse.Namespace:
    """The options that the header of an exported file names."""
    try:
        header = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    except (OSError, SyntaxError, UnicodeDecodeError) as error:
        raise Refused(f"{path} cannot be read: {error}") from error
    found = parsed(header)
    if found is None:
        raise Refused(
            f"the header of {path} names no command\n"
            "hint: give the target and options that it was exported with"
        )
    parser = argparse.ArgumentParser(prog=COMMAND.strip())
    add_options(parser)
    known = parser.parse_args(found)
    (known.target,) = known.target
    known.json = options.json
    return known


def parsed(header: str) -> Sequence[str] | None:
    """The words of the command in a header."""
    _, _, rest = header.replace("\\\n", " ").partition(f"    {COMMAND}")
    line = rest.partition("\n")[0]
    return shlex.split(line) if line else None


EXPORT = Command("a derivative as a module that needs no srcad", add_options, run)
