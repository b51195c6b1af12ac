"""`with` and `try`: in loops and branches, nested, left early; each way is a point."""

import contextlib
import math
import threading
import warnings
from contextlib import contextmanager, nullcontext, suppress

import numpy as np
import scipy.linalg

from .registry import program

V = np.array([0.3, 0.5, 1.2, 0.8])
SPD = np.array([[2.0, 0.3], [0.3, 1.5]])
NOT_PD = np.array([[1.0, 2.0], [2.0, 1.0]])
B = np.array([0.7, -0.4])
LOCK = threading.Lock()
EVENTS = []


@contextmanager
def stage(name):
    EVENTS.append(name)
    yield len(name)
    EVENTS.pop()


class Timer:
    """A manager of a class, that lets exceptions through."""

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return False


# ---- with ----------------------------------------------------------------------------


@program(V)
def errstate_around(x):
    with np.errstate(divide="ignore", invalid="ignore"):
        y = np.sqrt(x) / x
        z = np.log(x)
    return np.sum(y * z)


@program(np.array([-1.5, 1.0, 2.0]))
def errstate_silences_the_adjoint(x):
    with np.errstate(all="ignore"):
        y = np.where(x > 0, np.log(x), x)
    return np.sum(y * y)


@program(V)
def errstate_in_a_loop(x):
    total = 0.0
    for i in range(len(x)):
        with np.errstate(over="ignore"):
            total = total + np.exp(x[i]) * total
            total += x[i] ** 2
    return total


@program(V)
def errstate_that_raises(x):
    with np.errstate(all="raise"):
        y = np.sqrt(x)
    return np.sum(y**3)


@program(V)
def two_managers(x):
    with np.errstate(divide="ignore"), stage("both") as n:
        y = x[0] * x[1]
        z = y + n
    return y * z


@program(V)
def generator_manager(x):
    with stage("one"):
        y = np.sin(x)
    return np.sum(y) * len(EVENTS) + np.sum(y)


@program(0.7)
def manager_of_a_class(x):
    with Timer() as timer:
        y = x * x
        assert timer is not None
    return y * x


@program(0.7)
def lock(x):
    with LOCK:
        y = math.sin(x)
    return y * y


@program(0.7)
def manager_that_gives_nothing(x):
    with nullcontext() as nothing:
        y = x * x
    return y if nothing is None else 0.0


@program(0.7)
def manager_that_gives_a_value(x):
    with nullcontext(x * x) as y:
        z = y * x
    return z


@program(0.7)
@program(-0.7)
def return_under_with(x):
    with stage("early"):
        if x > 0:
            return x * x
        y = x**3
    return y * 2


@program(V)
def break_under_with(x):
    total = 0.0
    for a in x:
        with np.errstate(all="ignore"):
            total += a * a
            if total > 1:
                break
            total *= 1.5
    return total


@program(V)
def continue_under_with(x):
    total = 1.0
    for a in x:
        with stage("step"):
            if a < 0.4:
                continue
            y = a * total
        total += y
    return total


@program(V)
def write_under_with(x):
    y = x.copy()
    with np.errstate(all="ignore"):
        y[0] = y[1] * y[2]
        y[1:] *= 2.0
    return np.sum(y * x)


@program(V)
def view_made_under_with(x):
    y = x * 1.0
    with np.errstate(all="ignore"):
        part = y[1:3]
        part *= 3.0
    part[0] = x[0]
    return np.sum(y**2)


@program(V)
def with_in_a_branch(x):
    if x[0] < 1:
        with np.errstate(divide="ignore"):
            y = x[0] / x[1]
    else:
        y = x[2]
    return y * y


@program(0.4)
def warnings_caught(x):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        y = np.sqrt(x) + np.log(x)
    return y * y


@program(V)
def nested_function_under_with(x):
    with np.errstate(divide="ignore"):

        def scaled(a):
            return a / x[1]

        y = scaled(x[0])
    return y * scaled(x[2])


def _inside(x):
    with np.errstate(divide="ignore"):
        return np.log(x) * x


@program(V)
def with_in_a_callee(x):
    total = 0.0
    for a in x:
        total += _inside(a) * total + a
    return total


@program(0.4)
@program(2.5)
def suppressed(x):
    y = 3.0 * x
    with suppress(ZeroDivisionError, KeyError):
        return 1.0 / int(x) * x
    return y * x


# ---- try -----------------------------------------------------------------------------


@program(2.5)
@program(0.4)
def return_on_both_ways(x):
    try:
        return 1.0 / int(x) * x
    except ZeroDivisionError:
        return 2.0 * x * x


@program(2.5)
@program(0.4)
def bound_on_both_ways(x):
    try:
        y = 1.0 / int(x) * x
    except ZeroDivisionError:
        y = 5.0 * x
    return y * y + x


@program(2.5)
@program(0.4)
def handler_falls_through_body_returns(x):
    try:
        return 1.0 / int(x) * x
    except ZeroDivisionError:
        z = x * 3
    return z * z + x


@program(2.0)
def handler_raises(x):
    try:
        y = math.log(x)
    except ValueError as error:
        raise RuntimeError(f"bad: {error}") from error
    return y * y


@program(0.5)
@program(-0.5)
def three_handlers(x):
    try:
        y = math.sqrt(x) * 2
    except ZeroDivisionError:
        y = x
    except (KeyError, ValueError) as error:
        print(str(error)[:0], end="")
        y = x**3
    except Exception:
        y = 0.0
    return y * x


@program(1.5)
@program(0.4)
@program(-1.2)
def handlers_by_class(x):
    try:
        y = math.sqrt(x) / int(x) + x
    except ZeroDivisionError:
        y = 2.0 * x
    except ValueError:
        y = x * x
    return y * 3


@program(2.0)
@program(-2.0)
def else_part(x):
    try:
        y = math.sqrt(x)
    except ValueError:
        z = -3 * x
    else:
        z = y * x
    return z * z


@program(2.0)
@program(-2.0)
def else_returns(x):
    try:
        y = math.sqrt(x)
    except ValueError:
        pass
    else:
        return y * x
    return x * x


@program(2.0)
def finally_runs(x):
    done = 0
    try:
        y = math.sqrt(x)
    finally:
        done = 1
        print("", end="")
    return y * y * x + done


@program(2.0)
@program(-2.0)
def finally_after_handlers(x):
    scale = 2.0
    try:
        y = math.sqrt(x)
    except ValueError:
        y = x * x
    finally:
        scale = scale + 1.0
    return y * scale


@program(2.0)
@program(-2.0)
def return_through_finally(x):
    try:
        return math.sqrt(x) * x
    except ValueError:
        return x * x * 2
    finally:
        print("", end="")


@program(5.5)
@program(2.5)
def continue_in_a_handler(x):
    total = 0.0
    for i in range(4):
        try:
            y = x / int(x - i)
        except ZeroDivisionError:
            continue
        total += y * x
    return total


@program(5.5)
@program(2.5)
def break_in_a_handler(x):
    total = x
    for i in range(4):
        try:
            total = total + x / int(x - i)
        except ZeroDivisionError:
            total = 3.0 * x
            break
        total *= 2
    return total


@program(5.5)
@program(2.5)
def return_in_a_handler_in_a_loop(x):
    total = 0.0
    for i in range(4):
        try:
            y = x / int(x - i)
        except ZeroDivisionError:
            return x * i
        total += y * x
    return total


@program(0.5)
@program(4.5)
def retried(x):
    scale = 1.0
    while True:
        try:
            y = math.sqrt(4.0 - x * scale)
            break
        except ValueError:
            scale = scale * 0.5
    return y * scale * x


@program(2.5)
@program(0.4)
def nested_tries(x):
    try:
        try:
            y = 1.0 / int(x) * x
        except ValueError:
            y = 1.0
    except ZeroDivisionError:
        y = x * 4
    return y * y + x


@program(2.5)
@program(0.4)
def raised_again(x):
    try:
        try:
            y = 1.0 / int(x) * x
        except ZeroDivisionError:
            raise
    except ArithmeticError:
        y = x * 4 + 1
    return y * y


@program(SPD, B)
@program(np.array([[1.0, 2.0], [2.0, 4.0]]), B, argnums=1)
def fallback_of_solve(a, b):
    try:
        y = np.linalg.solve(a, b)
    except np.linalg.LinAlgError:
        y = b * 0.5
    return np.sum(y * y)


@program(SPD, order=1)
@program(NOT_PD, order=1)
def fallback_of_cholesky(a):
    try:
        low = np.linalg.cholesky(a)
    except np.linalg.LinAlgError:
        return np.sum(a**2)
    return np.sum(np.log(np.diag(low)))


def _checked(x):
    if x > 1:
        raise ValueError("too large")
    return x * x


@program(0.5)
@program(1.5)
def raised_by_a_callee(x):
    try:
        y = _checked(x)
    except ValueError:
        y = 2 * x - 1
    return y * x


def _unused(x):
    1.0 / int(x) * x
    return 3.0 * x


@program(2.5)
@program(0.4)
def what_a_callee_drops(x):
    y = x * x
    try:
        z = _unused(x)
    except ZeroDivisionError:
        z = 7.0 * x
    return z + y


@program(2.5)
@program(0.4)
def what_nothing_reads(x):
    try:
        1.0 / int(x) * x
        z = x
    except ZeroDivisionError:
        z = 7.0 * x
    return z * 2


@program(V)
def loop_in_the_body(x):
    try:
        total = 0.0
        for a in x:
            total += math.sqrt(a - 0.4) * a
    except ValueError:
        total = x[0] * x[1]
    return total


@program(V)
def errstate_in_the_body(x):
    try:
        with np.errstate(all="raise"):
            y = np.log(x - 0.35)
    except FloatingPointError:
        y = x * x
    return np.sum(y * x)


@program(V)
def untouched_things(x):
    y = x.copy()
    y[0] = x[1] * 2
    try:
        z = math.sqrt(x[0] - 5.0)
    except ValueError:
        z = y[0]
    y[1] = z * x[2]
    return np.sum(y)


@program(V)
def written_then_handler_returns(x):
    y = x.copy()
    try:
        y[0] = math.sqrt(x[1]) * x[0]
    except ValueError:
        return x[0]
    return np.sum(y * y)


@program(V)
def list_in_the_body(x):
    parts = []
    try:
        parts.append(math.sqrt(x[1]))
        parts.append(x[0] * x[2])
    except ValueError:
        return x[0]
    return parts[0] * parts[1]


@program(0.7)
@program(-0.7)
def try_in_a_branch(x):
    if x < 1:
        try:
            y = math.log(x)
        except ValueError:
            return x * x
        y = y * x
    else:
        y = x
    return y * 2


@program(0.7)
@program(-0.7)
def function_with_a_try(x):
    def safe(a, other):
        try:
            return math.log(a)
        except ValueError:
            return other

    return safe(x, x * x) * safe(2 * x, x)


@program(np.array([0.5, -0.5, 1.5, 0.0]))
def skipped_entries(x):
    total = 0.0
    count = 0
    for a in x:
        with contextlib.suppress(ValueError):
            total += math.log(a + 0.25) * a
            count += 1
    return total + x[0]


@program(0.5)
def cannot_raise(x):
    try:
        y = x * 2.0
        z = y + x
    except ValueError:
        z = 0.0
    return z * y


@program(0.3, np.eye(2) + 0.5, np.array([1.0, -0.5]))
def factor_or_give_up(t, a, y):
    k = np.exp(t) * a + np.eye(2)
    try:
        c, low = scipy.linalg.cho_factor(k, lower=True)
    except np.linalg.LinAlgError:
        return 1e25
    alpha = scipy.linalg.cho_solve((c, low), y)
    return 0.5 * y @ alpha + np.sum(np.log(np.diag(c)))


@program(-3.0, np.eye(2) + 0.5, np.array([1.0, -0.5]))
def factor_or_give_up_here(t, a, y):
    try:
        pair = scipy.linalg.cho_factor(t * a)
        power = 2
    except np.linalg.LinAlgError:
        return t**3 * y[0]
    return y @ scipy.linalg.cho_solve(pair, y) ** power


@program(np.array([0.5, -1.0, 2.0, 0.25]))
def constants_beside_jumps(x):
    total = 0.0
    for v in x:
        if v > 0.0:
            if v > 1.0:
                axis, scale = 0, 3.0
            else:
                continue
            total += np.sum(v * x, axis=axis) * scale
        else:
            axis, scale = -1, 2.0
        total += scale * v * x[axis]
    return total


@program(np.array([0.5, -1.0, 2.0]))
@program(np.array([-0.5, -1.0, 2.0]))
def constant_bound_in_a_try(x):
    try:
        if x[0] > 0:
            power = 2
        else:
            return x[1] * x[2]
        seen = np.sum(x**power)
    finally:
        after = 2.0 * x[2]
    return seen * power + after
