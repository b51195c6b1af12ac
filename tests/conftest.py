"""Options of the test suite, and what lets it take less time."""

import gc
import os

import pytest

# Tests are about what is made now; those of the cache turn it on for themselves.
os.environ["SRCAD_CACHE"] = "0"

# Nearly all that tests with Numba take is its compiler, and half of that is LLVM making
# fast what runs once. What is tested is what we print: Numba types and compiles it all
# the same. Whole programs, and tests of what LLVM makes of them, ask for `optimised`;
# NUMBA_OPT=3 before the command runs all so. Numba reads this when it is imported.
os.environ.setdefault("NUMBA_OPT", "0")

# The suite keeps some million objects: searching them for cycles after each 700 new
# ones is a sixth of its time.
gc.set_threshold(20_000, 20, 50)


def pytest_addoption(parser):
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write tests/golden/ anew from what srcad generates now",
    )


def pytest_collection_finish():
    gc.freeze()  # the tests themselves stay to the end


@pytest.fixture
def optimised(monkeypatch):
    """What Numba compiles in this test is optimised as it is for users."""
    config = pytest.importorskip("numba").core.config
    monkeypatch.setattr(config, "OPT", type(config.OPT)(3))
