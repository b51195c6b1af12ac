"""Options of the test suite."""

import os

# Tests are about what is made now; those of the cache turn it on for themselves.
os.environ["SRCAD_CACHE"] = "0"


def pytest_addoption(parser):
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write tests/golden/ anew from what srcad generates now",
    )
