"""Dtypes and sizes of arguments, end to end: what goes in as float32 comes out so.

Each program is differentiated at one point in half, single, double and long double
precision: value, gradient and tangent have the dtypes that NumPy and the argument say,
and agree with those in double precision.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import srcad
from srcad import grad, jvp, value_and_grad
from srcad.errors import SignatureError

X = np.array([0.3, -0.55, 1.2, 0.8])
PROGRAMS = """
np.sum(x)
np.sum(x**2)
np.mean(x*3)
np.sum(np.sin(x)*2.0)
np.sum(np.exp(x)/2)
np.sum(np.log(np.abs(x)+1))
np.sum(np.sqrt(x*x+1))
np.max(x)
np.min(x)
np.prod(x)
np.std(x)
np.var(x)
np.var(x, ddof=1)
np.linalg.norm(x)
np.dot(x,x)
x@x
np.sum(np.outer(x,x))
np.sum(np.cumsum(x)**2)
np.sum(np.cumprod(x))
np.sum(np.diff(x)**2)
np.sum(np.where(x>0,x,0.1*x))
np.sum(np.maximum(x,0))
np.sum(np.minimum(x,0.5))
np.sum(np.clip(x,-0.3,0.4))
np.sum(np.tanh(x))
np.sum(1/(1+np.exp(-x)))
np.sum(np.arctan2(x,2))
np.sum(np.hypot(x,1))
np.sum(x[::-1]*x)
np.sum(x[1:]-x[:-1])
np.sum(x[[0,2,2]])
np.sum(x[x>0]**2)
np.sum(np.sort(x)*np.arange(4))
np.median(x)
np.quantile(x,0.3)
np.ptp(x)
np.average(x, weights=[1,2,3,4])
np.sum(np.convolve(x,x))
np.sum(np.interp(x,[-2,0,2],[0,1,4]))
np.trapezoid(x)
np.sum(np.gradient(x)**2)
np.sum(np.concatenate([x,x*2])**2)
np.sum(np.stack([x,x])**2)
np.sum(np.reshape(x,(2,2))@np.reshape(x,(2,2)))
np.trace(np.outer(x,x))
np.linalg.det(np.outer(x,x)+np.eye(4,dtype=x.dtype))
np.sum(np.linalg.inv(np.outer(x,x)+np.eye(4,dtype=x.dtype)))
np.sum(np.linalg.solve(np.outer(x,x)+np.eye(4,dtype=x.dtype),x))
np.einsum('i,i->',x,x)
np.sum(np.einsum('i,j->ij',x,x))
np.sum(np.tensordot(x,x,0))
np.sum(np.kron(x,x))
np.sum(np.tile(x,2)**2)
np.sum(np.repeat(x,2)**2)
np.sum(np.roll(x,1)*x)
np.sum(np.pad(x,1)**2)
np.sum(np.take(x,[0,1]))
np.sum(np.abs(x))
np.sum(np.sign(x)*x)
np.sum(np.floor(x)*x)
np.sum(np.power(np.abs(x),1.5))
np.sum(2.0**x)
np.sum(x*np.float32(2))
np.sum(x/3)
np.sum(x//1*x)
np.sum(x%0.7)
np.sum(np.logaddexp(x,0))
np.sum(np.expm1(x))
np.sum(np.log1p(np.abs(x)))
np.sum(np.cosh(x))
np.sum(np.square(x))
np.sum(np.reciprocal(x))
np.sum(np.cbrt(x))
np.sum(np.sinc(x))
np.sum(x.T*x)
x.sum()+x.mean()
x.std()*x.max()
np.sum(x.reshape(2,2).sum(axis=0)**2)
np.sum(np.linalg.norm(x.reshape(2,2),axis=1))
np.sum(np.ones_like(x)*x)
np.sum(np.full_like(x,2)*x)
np.sum(np.zeros(4)+x)
np.sum(np.arange(4)*x)
np.sum(np.linspace(0,1,4)*x)
np.sum(np.array([x[0],x[1]*2]))
np.sum(np.asarray(x)**2)
np.sum(np.atleast_2d(x)**2)
np.sum(np.squeeze(x[:,None])**2)
np.sum(np.expand_dims(x,0)**2)
np.sum(np.broadcast_to(x,(3,4)))
np.sum(np.flip(x)*x)
np.sum(np.vander(x,3))
np.polyval(x,0.5)
np.sum(np.unwrap(x*4))
np.sum(np.nan_to_num(x))
np.nansum(x)
np.nanmean(x)
np.sum(np.cov(np.stack([x,x**2])))
np.sum(np.heaviside(x,0.5)*x)
np.sum(np.real(np.fft.fft(x))**2)
np.sum(np.abs(np.fft.rfft(x))**2)
np.sum(np.split(x,2)[0])
np.sum(np.delete(x,1)**2)
np.sum(np.insert(x,1,0.5)**2)
np.sum(np.append(x,1.0)**2)
np.sum(np.triu(np.outer(x,x)))
np.sum(np.diag(x)**2)
np.linalg.slogdet(np.outer(x,x)+np.eye(4,dtype=x.dtype))[1]
np.sum(np.linalg.cholesky(np.outer(x,x)+np.eye(4,dtype=x.dtype)))
np.sum(np.linalg.eigvalsh(np.outer(x,x)+np.diag(np.arange(4)).astype(x.dtype)))
np.sum(np.linalg.svd(x.reshape(2,2))[1])
float(np.sum(x))*2
math.sin(x[0])*x[1]
np.sum(x.astype(np.float64)**2)
np.sum(x.astype(np.float32)**2)
sum(x)
max(x[0],x[1])
x[0]*x[1]
""".strip().split("\n")
TOLERANCE = {"float64": 1e-12, "float32": 1e-4, "float16": 5e-2, "longdouble": 1e-6}


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        yield


def function(text: str) -> Any:
    return srcad.from_source(
        f"def f(x):\n    return {text}\n", {"np": np, "math": math}
    )


@pytest.mark.parametrize("text", PROGRAMS)
def test_precision(text: str) -> None:
    f = function(text)
    reference = grad(f)(X)
    for dtype, tol in TOLERANCE.items():
        x = X.astype(dtype)
        try:
            want = f(x.copy())
        except TypeError:  # NumPy has no linear algebra of this precision
            assert dtype in ("float16", "longdouble")
            continue
        value, gradient = value_and_grad(f)(x)
        _, tangent = jvp(f, (x,), (np.ones_like(x),))
        assert type(value) is type(want)
        assert (gradient.dtype, gradient.shape) == (x.dtype, x.shape)
        assert np.asarray(tangent).dtype == np.asarray(want).dtype
        np.testing.assert_allclose(gradient.astype(float), reference, tol, 3 * tol)
        along = np.sum(gradient.astype(float))
        np.testing.assert_allclose(float(tangent), along, max(tol, 1e-6), 5 * tol)


def energy(x: Any) -> Any:
    return np.sum(np.real(x * np.conj(x)))


@pytest.mark.parametrize("dtype", ["complex64", "complex128", "clongdouble"])
def test_complex_arguments_keep_their_dtype(dtype: str) -> None:
    z = np.array([1.0 + 2.0j, -0.5j]).astype(dtype)
    gradient = grad(energy)(z)
    assert gradient.dtype == z.dtype
    np.testing.assert_allclose(gradient, 2.0 * np.conj(z))  # df/dx - 1j*df/dy


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "complex64"])
@pytest.mark.parametrize("shape", [(), (0,), (1,), (0, 3), (1, 1), (2, 1, 0)])
def test_small_arrays(shape: tuple[int, ...], dtype: str) -> None:
    x = np.full(shape, 1.5, dtype)
    value, gradient = value_and_grad(energy)(x)
    assert (np.shape(gradient), gradient.dtype) == (shape, x.dtype)
    np.testing.assert_array_equal(gradient, np.full(shape, 3.0))
    _, tangent = jvp(energy, (x,), (np.ones(shape, dtype),))
    assert float(tangent) == 3.0 * x.size
    assert np.asarray(value).dtype == np.asarray(tangent).dtype


def test_mixed_dtypes() -> None:
    def f(x: Any, y: Any, n: Any) -> Any:
        return np.sum(x * y * n)

    x, y = np.ones(2, np.float32), np.full(2, 3.0)
    for n in (np.arange(1, 3), np.array([True, False]), 2, True):
        gx, gy = grad(f, (0, 1))(x, y, n)
        assert (gx.dtype, gy.dtype) == (np.float32, np.float64)
        np.testing.assert_array_equal(gx, 3.0 * np.ones(2) * n)


@pytest.mark.parametrize(
    "x", [3, np.float32(3), np.float16(3), np.array(3.0)], ids=repr
)
def test_numbers(x: Any) -> None:
    assert grad(lambda x: x**2)(x) == 6.0


@pytest.mark.parametrize(
    "x, word",
    [
        (np.arange(3), "int64"),
        (np.array([True]), "bool"),
        (np.int64(3), "int64"),
        (True, "True"),
        (np.array(["a"]), "<U1"),
        (np.array([1.0, None]), "object"),
        (np.ma.array([1.0, 2.0]), "MaskedArray"),
    ],
    ids=str,
)
def test_arguments_that_have_no_derivative(x: Any, word: str) -> None:
    with pytest.raises(SignatureError, match=word) as caught:
        grad(lambda x: np.sum(x * x))(x)
    assert caught.value.hint or word in ("<U1", "object")
