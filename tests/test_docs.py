"""The documentation is true: each page's code prints what the page says."""

import importlib
import inspect
import re

import pytest
from pages import BLOCK, DOCS, PAGES, PICTURES, ROOT, printed, said

import srcad
import srcad.draw
import srcad.optim

NAMES = [page.relative_to(DOCS).as_posix() for page in PAGES]
CONFIG = (ROOT / ".mkdocs.yml").read_text(encoding="utf-8")
SNIPPET = re.compile(r'^--8<-- "([^":]+):(\w+)"$', re.MULTILINE)
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")


def words(picture):
    """What a picture says; where it says it is the layout's business."""
    text = picture.read_text(encoding="utf-8")
    return re.findall(r">([^<>]*\w[^<>]*)<", text[text.index("</style>") :])


@pytest.mark.parametrize("name", NAMES)
def test_every_block_prints_what_the_page_says(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # some pages write files
    page = DOCS / name
    assert printed(page, page.stem) == said(page)
    for picture in tmp_path.glob("*.svg"):
        assert words(picture) == words(PICTURES / picture.name)


def test_every_benchmark_is_listed():
    text = (DOCS / "benchmarks.md").read_text(encoding="utf-8")
    for script in (ROOT / "tests" / "benchmarks").glob("*.py"):
        usage = f"    python tests/benchmarks/{script.name}"  # in its docstring
        if usage in script.read_text(encoding="utf-8"):
            assert f"`python tests/benchmarks/{script.name}`" in text


def test_every_page_is_in_the_table_of_contents():
    listed = re.findall(r"^ +- (?:\w+: )?(\S+\.md)$", CONFIG, re.MULTILINE)
    assert sorted(listed) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_links_and_sections_lead_somewhere(name):
    text = BLOCK.sub("", (DOCS / name).read_text(encoding="utf-8"))
    for target in LINK.findall(text):
        assert ((DOCS / name).parent / target).is_file(), target
    for file, section in SNIPPET.findall(text):
        whole = (ROOT / file).read_text(encoding="utf-8")
        for mark in ("start", "end"):
            assert whole.count(f"<!-- --8<-- [{mark}:{section}] -->") == 1, section
    for file in re.findall(r"`((?:examples|tests|srcad)/[\w/.]+)`", text):
        assert (ROOT / file).exists(), file


def test_the_reference_has_every_public_name():
    text = (DOCS / "reference.md").read_text(encoding="utf-8")
    listed = re.findall(r"^::: (\S+)$", text, re.MULTILINE)
    assert len(set(listed)) == len(listed)
    for name in listed:
        module, _, attribute = name.rpartition(".")
        found = getattr(importlib.import_module(module), attribute)
        assert inspect.getdoc(found), name
    public = {f"srcad.{name}" for name in srcad.__all__}
    public |= {f"srcad.optim.{name}" for name in srcad.optim.__all__}
    assert public - set(listed) == set()
