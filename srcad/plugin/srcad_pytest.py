"""The pytest plugin: `--srcad-show-source` prints generated source where a test fails.

pytest imports this at each start, so it is a module of its own that imports nothing of
srcad: a project that only has srcad installed pays nothing for it.
"""

from __future__ import annotations

import linecache
from collections.abc import Generator, Iterator

import pytest

_OPTION = "--srcad-show-source"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    parser.getgroup("srcad").addoption(
        _OPTION,
        action="store_true",
        help="where a test fails in srcad's generated code, or by assert_grads, "
        "print the generated source",
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the generated source to the report of a failure."""
    report = yield
    if report.failed and call.excinfo is not None and item.config.getoption(_OPTION):
        report.sections += dict.fromkeys(_sources(call.excinfo.value))
    return report


def _sources(error: BaseException | None) -> Iterator[tuple[str, str]]:
    """Generated source that an error was about, or went through: titles and texts."""
    while error is not None:
        yield from getattr(error, "srcad_sources", ())
        traceback = error.__traceback__
        while traceback is not None:
            name = traceback.tb_frame.f_code.co_filename
            if name.startswith("<srcad ") and (lines := linecache.getlines(name)):
                yield f"srcad source: {name}", "".join(lines)
            traceback = traceback.tb_next
        error = error.__cause__ or error.__context__
