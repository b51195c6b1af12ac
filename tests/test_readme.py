"""The README is true: its Python runs and prints what it says.

How its blocks are run stands in `pages.py`. Where what they print has changed for a
good reason, write it anew, and read the diff:

    python tests/test_readme.py
"""

import math
import re
import tomllib

from pages import ROOT, blocks, printed, renewed, said

import srcad

README = ROOT / "README.md"


def outputs() -> list[str]:
    """What each Python block prints."""
    found = printed(README)
    srcad.undeclare(math.nextafter)  # other tests know nothing of the README's rule
    return found


def test_every_block_prints_what_the_readme_says():
    assert outputs() == said(README)


def commands() -> list[str]:
    return [code.strip() for language, code in blocks(README) if language == "sh"]


def test_each_command_is_one_line():
    install, train, test = commands()
    assert "\n" not in install + train + test
    assert install.endswith("pip install .")
    assert "examples/03_train_digits.py" in train
    assert "pytest" in test


def test_the_commands_name_what_exists():
    with open(ROOT / "pyproject.toml", "rb") as file:
        extras = tomllib.load(file)["project"]["optional-dependencies"]
    for command in commands():
        assert all(e in extras for e in re.findall(r"\.\[(\w+)\]", command))
        assert all((ROOT / p).exists() for p in re.findall(r"\S+/\w+\.py", command))


def test_every_example_is_listed():
    text = README.read_text(encoding="utf-8")
    listed = set(re.findall(r"\(examples/(\w+\.py)\)", text))
    assert listed == {path.name for path in (ROOT / "examples").glob("*.py")}


def test_the_checks_run_the_readme_s_command():
    # `.ci/run` takes the line from the README by this pattern.
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    (pattern,) = re.findall(r"grep '([^']+)' README.md", script)
    found = [x for x in README.read_text("utf-8").splitlines() if re.search(pattern, x)]
    assert found == [commands()[2]]


if __name__ == "__main__":
    README.write_text(renewed(README, outputs()), encoding="utf-8")
