"""What a test declares is forgotten after it."""

import pytest

import srcad
from srcad.frontend.callables import NAMED


@pytest.fixture(autouse=True)
def _declared_here():
    before = dict(NAMED)
    yield
    for target in [t for key, (t, _) in NAMED.items() if key not in before]:
        srcad.undeclare(target)
