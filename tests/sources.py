"""Functions whose source is read, and how the tests read it."""

import functools
import importlib
import importlib.util

from srcad.source import read_function


def first_line(function):
    """Return the first source line of a function's definition, stripped."""
    source = read_function(function)
    assert source.function is function
    assert source.code is function.__code__
    return source.text(source.tree).split("\n")[0]


def load(path, name="loaded"):
    """Import a file as a module of its own, without leaving it in sys.modules."""
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def plain(x, y=2.0):
    """Multiply."""
    return x * y


def twice(function):
    @functools.wraps(function)
    def wrapper(*args):
        return 2 * function(*args)

    return wrapper


@twice
@twice
def decorated(x):
    return x + 1


class Model:
    def __init__(self):
        self.__w = 3.0

    def loss(self, x):
        return self.__w * x

    @staticmethod
    def square(x):
        return x * x

    @classmethod
    def build(cls, x):
        return cls().loss(x)

    def __call__(self, x):
        return self.loss(x)

    half = functools.partialmethod(loss, 0.5)

    class Inner:
        def get(self):
            return 1
