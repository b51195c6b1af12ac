"""Spectra of real signals by segments: `welch`, `csd`, `spectrogram`, `stft`.

The signal, in segments that overlap, is freed of its trend, weighed by a window and
transformed; powers are products of transforms, which `welch` and `csd` average (P. D.
Welch, IEEE Trans. Audio Electroacoust. 15 (1967) 70). `periodogram` has one segment.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from srcad.errors import MissingRule
from srcad.ir.graph import Node, Value, literal
from srcad.ir.types import Array, kind_of
from srcad.ops.arithmetic import remainder
from srcad.ops.axes import swapaxes
from srcad.ops.bodies import at_least_float, cast_like, length
from srcad.ops.borders import less_by, plus
from srcad.ops.complexes import conj
from srcad.ops.declare import Arguments, Op, as_array, declared, is_none, static, zero
from srcad.ops.derived import derived
from srcad.ops.domain import Sample, at, spaced
from srcad.ops.elementary import sqrt
from srcad.ops.fit import real, sum_
from srcad.ops.fourier import SCIPY, doubled
from srcad.ops.frequencies import scipy_rfftfreq
from srcad.ops.grids import arange
from srcad.ops.kinds import linear
from srcad.ops.ranks import expand_dims
from srcad.ops.rearrange import take
from srcad.ops.recursive import joined, none_along
from srcad.ops.reductions import mean
from srcad.ops.resampling import detrend
from srcad.ops.sizes import Sized, bound, own_length
from srcad.ops.sizes import length as length_of

Settings = dict[str, Any]

# The window of n weights.
window_of: Op = declared(
    Sized(
        "window_of",
        "n, window=None",
        lambda n, window=None: Array("float64", (length_of(n),)),
        "scipy.signal.get_window(window, n)",
        kind="zero",
    )
)

# A signal, which must be as long as one segment.
whole_segment: Op = linear(
    "whole_segment",
    signature="x, count=1",
    infer=lambda x, count=1: x,
    code="runtime.whole_segment(x, count)",
    transpose=lambda g, node: g,
    memory="same",
    domain=lambda: [at(spaced(-1, 1, (2, 4)), count=4)],
)


def _segments(x: Value, size: Value, step: Any) -> Value:
    """The segments of the last axis, as rows behind it."""
    starts = arange(literal(0), plus(less_by(length(x, -1), size), 1), step)
    places = expand_dims(starts, axis=1) + arange(literal(0), size, literal(1))
    return take(x, places, axis=-1)


def _transformed(x: Value, size: Value, step: Any, how: Settings) -> Value:
    """The transforms of the weighed segments."""
    rows = _segments(x, size, step)
    trend = how.get("detrend", False)
    if trend:
        rows = detrend(rows, **({} if trend == "linear" else {"type": trend}))
    rows = rows * cast_like(window_of(size, window=how["window"]), rows)
    nfft = how.get("nfft")
    return SCIPY["rfft"](rows, *([] if nfft is None else [literal(nfft)]))


def _scale(x: Value, size: Value, how: Settings) -> Any:
    window = cast_like(window_of(size, window=how["window"]), x)
    if how["scaling"] == "spectrum":
        total = sum_(window)
        return 1.0 / (total * total)
    return 1.0 / (how["fs"] * sum_(window * window))


def _sizes(x: Value, how: Settings) -> tuple[Value, Any, Value]:
    """The length of a segment, the step to the next, and that of its transform."""
    size = length(x, -1) if how["nperseg"] is None else literal(how["nperseg"])
    step = size if how["nperseg"] is None else literal(how["nperseg"] - how["noverlap"])
    nfft = size if how.get("nfft") is None else literal(how["nfft"])
    return size, step, nfft


def _powers(x: Value, y: Value, how: Settings) -> tuple[Value, Value]:
    """The frequencies, and the powers with one row per segment."""
    x, y = at_least_float(x), y if y is x else at_least_float(y)
    if how["nperseg"] is not None:
        same = y is x
        x = whole_segment(x, count=how["nperseg"])
        y = x if same else whole_segment(y, count=how["nperseg"])
    size, step, nfft = _sizes(x, how)
    first = _transformed(x, size, step, how)
    second = first if y is x else _transformed(y, size, step, how)
    product = conj(first) * second
    product = real(product) if y is x else product
    found = doubled(product * _scale(x, size, how), nfft)
    return scipy_rfftfreq(nfft, literal(1.0 / how["fs"])), found


def _welch(x: Value, **how: Any) -> tuple[Value, Value]:
    freqs, found = _powers(x, x, how)
    return freqs, mean(found, axis=-2)


def _csd(x: Value, y: Value, **how: Any) -> tuple[Value, Value]:
    freqs, found = _powers(x, y, how)
    return freqs, mean(found, axis=-2)


def _spectrogram(x: Value, **how: Any) -> tuple[Value, Value, Value]:
    freqs, found = _powers(x, x, how)
    return freqs, _times(length(x, -1), how), swapaxes(found, a=-1, b=-2)


def _times(n: Value, how: Settings) -> Value:
    return segment_times(n, **{k: how[k] for k in ("nperseg", "noverlap", "fs")})


# When the segments of a signal of n samples have their middle.
segment_times: Op = zero(
    "segment_times",
    signature="n, nperseg=1, noverlap=0, fs=0.0",
    infer=lambda n, **_: Array("float64", (own_length(),)),
    code="np.arange(nperseg / 2, n - nperseg / 2 + 1, nperseg - noverlap) / fs",
)


def _stft(x: Value, **how: Any) -> tuple[Value, Value, Value]:
    x, half = at_least_float(x), literal(how["nperseg"] // 2)
    edge = none_along(x, half, -1)
    wide = joined(edge, x, edge, axis=-1)
    size, step, nfft = _sizes(x, how)
    over = remainder(size - length(wide, -1), step)
    wide = joined(wide, none_along(wide, remainder(over, size), -1), axis=-1)
    found = _transformed(wide, size, step, how) * sqrt(_scale(x, size, how))
    times = _times(length(wide, -1), how) - how["nperseg"] / 2 / how["fs"]
    freqs = scipy_rfftfreq(nfft, literal(1.0 / how["fs"]))
    return freqs, times, swapaxes(found, a=-1, b=-2)


# ---- the operations ------------------------------------------------------------------

USUAL: dict[str, Settings] = {
    "welch": {"window": "hann", "detrend": "constant"},
    "csd": {"window": "hann", "detrend": "constant"},
    "periodogram": {"window": "boxcar", "detrend": "constant"},
    "spectrogram": {"window": ("tukey", 0.25), "detrend": "constant"},
    "stft": {"window": "hann", "detrend": False, "scaling": "spectrum"},
}
ORDER = {
    "periodogram": "x fs window nfft detrend return_onesided scaling axis",
    "stft": "x fs window nperseg noverlap nfft detrend return_onesided boundary padded "
    "axis scaling",
    "welch": "x fs window nperseg noverlap nfft detrend return_onesided scaling axis "
    "average",
    "csd": "x y fs window nperseg noverlap nfft detrend return_onesided scaling axis "
    "average",
    "spectrogram": "x fs window nperseg noverlap nfft detrend return_onesided scaling "
    "axis mode",
}
ONLY: Mapping[str, Sequence[Any]] = {
    "return_onesided": [True],
    "axis": [-1],
    "average": ["mean"],
    "mode": ["psd"],
    "boundary": ["zeros"],
    "padded": [True],
    "detrend": ["constant", "linear", False],
    "scaling": ["density", "spectrum"],
}


def _bind(name: str) -> Any:
    inputs = ["x", "y"] if name == "csd" else ["x"]

    def bind(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        given = bound(ORDER[name].split(), args, kwargs, name)
        asked = {
            k: static(v, f"{name}({k}=...)")
            for k, v in given.items()
            if k not in inputs and not is_none(v)
        }
        for key, allowed in ONLY.items():
            if key in asked and asked[key] not in allowed:
                raise MissingRule(
                    f"{name}({key}={asked[key]!r}) has no derivative rule"
                )
        how = {"fs": 1.0, "scaling": "density", **USUAL[name], **asked}
        how = {k: v for k, v in how.items() if k not in ONLY or len(ONLY[k]) > 1}
        how["window"] = _window(how["window"], name)
        _segment_lengths(name, how)
        values = [as_array(given[k]) for k in inputs]
        if any(isinstance(v, Value) and kind_of(v.type) == "complex" for v in values):
            raise MissingRule(f"{name} of complex signals has no derivative rule")
        return values, how

    return bind


def _window(given: Any, name: str) -> Any:
    given = tuple(given) if isinstance(given, list) else given
    if not isinstance(given, (str, tuple)) or not isinstance(given[0], str):
        raise MissingRule(f"{name}: window is a name, or a tuple of one and numbers")
    return given


def _segment_lengths(name: str, how: Settings) -> None:
    if name == "periodogram":
        if how.pop("nfft", None) is not None:
            raise MissingRule("periodogram: nfft= has no derivative rule")
        how["nperseg"] = how["noverlap"] = None
        return
    if how.get("nperseg") is None:
        raise MissingRule(
            f"{name}: the length of the segments must be known: give nperseg",
            hint=f"{name}(..., nperseg=256), for signals that are as long or longer",
        )
    part = 8 if name == "spectrogram" else 2
    how["nperseg"] = int(how["nperseg"])
    how["noverlap"] = int(how.get("noverlap", how["nperseg"] // part))


def _code(name: str) -> Any:
    def code(node: Node) -> str:
        keys = ["fs", "window", "nperseg", "noverlap", "nfft", "detrend", "scaling"]
        shown = [k for k in keys if node.params.get(k) is not None]
        if name == "stft":
            shown.remove("scaling")
            scaling = node.params["scaling"].replace("density", "psd")
            return _call(name, shown) + f", scaling={scaling!r})"
        return _call(name, shown) + ")"

    return code


def _call(name: str, shown: Sequence[str]) -> str:
    values = "x, y" if name == "csd" else "x"
    return f"scipy.signal.{name}({values}{''.join(f', {k}={k}' for k in shown)}"


def _points(name: str) -> Any:
    def sample(*xs: Any, **params: Any) -> Sample:
        how = {"fs": 1.0, "scaling": "density", **USUAL[name], **params}
        _segment_lengths(name, how)

        def expected(*xs: Any) -> Any:
            keys = {k: v for k, v in how.items() if v is not None}
            if name == "stft":
                keys["scaling"] = keys["scaling"].replace("density", "psd")
            return getattr(sys.modules["scipy.signal"], name)(*xs, **keys)

        return Sample(xs, how, expected=expected)

    def points() -> list[Sample]:
        one, two = spaced(-1, 1, (11,)), spaced(0, 2, (11,))
        xs = [one, two] if name == "csd" else [one]
        if name == "periodogram":
            many = [spaced(-1, 1, (2, 6))]
            return [sample(one), sample(*many, fs=2.0, window="hann", detrend="linear")]
        return [
            sample(*xs, nperseg=4),
            sample(*xs, nperseg=5, noverlap=3, fs=2.0, scaling="spectrum"),
            sample(*xs, nperseg=4, nfft=7, detrend="linear", window=("tukey", 0.5)),
            sample(*(x.reshape(1, 11) for x in xs), nperseg=6, detrend=False),
        ]

    return points


def _spectrum(name: str, body: Any) -> Op:
    values = "x, y" if name == "csd" else "x"
    return derived(
        f"signal_{name}",
        calls=(f"scipy.signal.{name}",),
        signature=f"{values}, fs=None, window=None, nperseg=None, noverlap=None, "
        "nfft=None, detrend=None, scaling=None",
        bind=_bind(name),
        code=_code(name),
        body=body,
        facts={"ranked": True},
        domain=_points(name),
    )


welch: Op = _spectrum("welch", _welch)
csd: Op = _spectrum("csd", _csd)
periodogram: Op = _spectrum("periodogram", _welch)
spectrogram: Op = _spectrum("spectrogram", _spectrogram)
stft: Op = _spectrum("stft", _stft)
