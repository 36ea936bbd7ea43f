"""Axes: where a value lies between 0 and 1, and which values get a tick.

A logarithmic axis over values that reach zero or below turns into a symmetric one: linear around zero, logarithmic
outside, so that no point is ever dropped for its sign.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_LARGEST, _SMALLEST = 1e300, 1e-290
"""Magnitudes that axes can show; beyond them sums and quotients of ticks leave the range of floats."""

_FLAT_MARGIN = 0.5
"""Half-height given to a flat line, as a share of its value: the line then runs through the middle."""

_ZERO_SHARE = 0.15
"""A positive curve whose lowest value comes this close to zero, as a share of its range, is drawn from zero."""

_SYMLOG_DECADES = 4
"""Decades shown on each side of zero by a symmetric axis when the data spans more."""

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


class ScaleKind(StrEnum):
    """How an axis spreads its values."""

    LINEAR = "linear"
    LOG = "log"


@dataclass(frozen=True, kw_only=True, slots=True)
class Tick:
    """A labelled place on an axis; `position` runs from 0 (low end) to 1 (high end)."""

    value: float
    position: float
    label: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AxisScale:
    """An axis from `low` to `high`. `linear_below` > 0 makes a log axis symmetric, linear within ± that value."""

    kind: ScaleKind
    low: float
    high: float
    linear_below: float = 0.0

    def project(self, values: Floats) -> Floats:
        """Positions of values, 0 at `low` and 1 at `high`; outside the axis they lie outside 0…1, NaN stays NaN."""
        low, high = self._warp(np.array([self.low, self.high]))
        with np.errstate(over="ignore", invalid="ignore"):
            return np.asarray((self._warp(values) - low) / (high - low))

    def position(self, value: float) -> float:
        """Position of one value."""
        low, high, place = self._warp_one(self.low), self._warp_one(self.high), self._warp_one(value)
        return (place - low) / (high - low)

    def ticks(self, count: int, label: Callable[[float, float], str] | None = None) -> tuple[Tick, ...]:
        """About `count` ticks at round values, within the axis.

        Args:
            count: how many there is room for.
            label: writes a value, given the distance between ticks; plain numbers by default.
        """
        if self.kind is ScaleKind.LINEAR:
            values, step = _linear_ticks(self.low, self.high, count)
            texts = [(label or number_label)(value, step) for value in values]
        else:
            values = _log_ticks(self, count)
            texts = [power_label(value) for value in values]
        return tuple(
            Tick(value=value, position=self.position(value), label=text)
            for value, text in zip(values, texts, strict=True)
        )

    def _warp(self, values: Floats) -> Floats:
        values = np.clip(values, -_LARGEST, _LARGEST)
        if self.kind is ScaleKind.LINEAR:
            return values
        with np.errstate(divide="ignore", invalid="ignore"):
            if self.linear_below > 0:
                return np.asarray(np.sign(values) * np.log10(1 + np.abs(values) / self.linear_below))
            return np.asarray(np.log10(np.where(values > 0, np.maximum(values, _SMALLEST), values)))

    def _warp_one(self, value: float) -> float:
        """`_warp` for one value, without the cost of an array."""
        if value != value:
            return math.nan
        value = max(-_LARGEST, min(value, _LARGEST))
        if self.kind is ScaleKind.LINEAR:
            return value
        if self.linear_below > 0:
            return math.copysign(math.log10(1 + abs(value) / self.linear_below), value)
        return math.log10(max(value, _SMALLEST)) if value > 0 else -math.inf if value == 0 else math.nan


def fit(low: float, high: float, kind: ScaleKind = ScaleKind.LINEAR, *, smallest: float = 0.0) -> AxisScale:
    """The axis that shows `low` to `high`; non-finite ends and flat ranges get a sensible one.

    Args:
        low: smallest value to be seen.
        high: largest value to be seen.
        kind: linear or logarithmic.
        smallest: smallest non-zero magnitude in the data, where a symmetric axis turns linear; 0 when unknown.
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        low, high = 0.0, 1.0
    low, high = (max(-_LARGEST, min(end, _LARGEST)) for end in sorted((low, high)))
    if kind is ScaleKind.LOG:
        return _fit_log(low, high, smallest)
    if not high - low > max(abs(high) * 1e-12, _SMALLEST):
        margin = abs(high) * _FLAT_MARGIN if abs(high) > _SMALLEST else 1.0
        low, high = low - margin, high + margin
    if 0 < low < _ZERO_SHARE * (high - low):
        low = 0.0
    return AxisScale(kind=kind, low=low, high=high)


def _fit_log(low: float, high: float, smallest: float) -> AxisScale:
    if low > 0:
        low, high = max(low, _SMALLEST), max(high, _SMALLEST)
        if high < low * (1 + 1e-9):
            low, high = max(low / 10**_FLAT_MARGIN, _SMALLEST / 10), high * 10**_FLAT_MARGIN
        return AxisScale(kind=ScaleKind.LOG, low=low, high=high)
    largest = max(abs(low), abs(high), _SMALLEST)
    linear_below = max(smallest, largest / 10**_SYMLOG_DECADES)
    if largest <= _SMALLEST:
        low, high, linear_below = -1.0, 1.0, 10.0**-_SYMLOG_DECADES
    elif high - low < largest * 1e-12:
        low, high = low - largest, high + largest
    return AxisScale(kind=ScaleKind.LOG, low=low, high=high, linear_below=linear_below)


def nice_step(span: float, count: int) -> float:
    """The smallest step of 1, 2 or 5 times a power of ten that makes at most `count` intervals of `span`."""
    raw = span / max(count, 1)
    power = 10.0 ** math.floor(math.log10(raw))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * (1 - 1e-9))


def _linear_ticks(low: float, high: float, count: int) -> tuple[list[float], float]:
    first = last = 0
    step = high - low
    while last <= first:  # a coarse step may leave fewer than two ticks inside
        step = nice_step(high - low, count)
        first = math.ceil(low / step - 1e-9)
        last = math.floor(high / step + 1e-9)
        count += 1
    return [index * step for index in range(first, last + 1)][: 4 * count + 4], step


def _log_ticks(scale: AxisScale, count: int) -> list[float]:
    if scale.linear_below > 0:
        return _symmetric_ticks(scale, count)
    low, high = math.floor(math.log10(scale.low)), math.ceil(math.log10(scale.high))
    powers = range(low, high + 1)
    factors = (1, 2, 5) if len(powers) * 3 <= max(count, 2) + 6 else (1,)
    every = max(1, math.ceil(len(powers) * len(factors) / max(count, 1))) if factors == (1,) else 1
    values = [factor * 10.0**power for power in powers if power % every == 0 for factor in factors]
    whole = [10.0**power for power in powers]
    inside, decades = (
        [value for value in some if scale.low * (1 - 1e-9) <= value <= scale.high * (1 + 1e-9)]
        for some in (values, whole)
    )
    if inside or decades:
        return inside or [decades[len(decades) // 2]]
    return _linear_ticks(scale.low, scale.high, count)[0]


def _symmetric_ticks(scale: AxisScale, count: int) -> list[float]:
    first = math.ceil(math.log10(scale.linear_below) - 1e-9)
    last = math.floor(math.log10(max(abs(scale.low), abs(scale.high))) + 1e-9)
    every = max(1, math.ceil(2 * (last - first + 1) / max(count, 1)))
    powers = [10.0**power for power in range(last, first - 1, -every)]
    values = [-power for power in powers] + [0.0] + powers[::-1]
    return [value for value in values if scale.low <= value <= scale.high]


def number_label(value: float, step: float) -> str:
    """A tick's number with as many decimals as its neighbours need, and k, M, G for the large."""
    if value == 0:
        return "0"
    size = max(abs(value), step)
    if size >= 1e13 or step < 1e-5:
        return f"{value:.3g}"
    for unit, suffix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if size >= 10 * unit or (size >= unit and step >= unit / 10):
            return f"{value / unit:.{_decimals(step / unit)}f}{suffix}"
    return f"{value:.{_decimals(step)}f}"


def _decimals(step: float) -> int:
    return max(0, -math.floor(math.log10(step) + 1e-9))


def power_label(value: float) -> str:
    """A tick of a log axis: plain from 0.001 to 10,000, powers of ten outside."""
    if value == 0 or 1e-3 * (1 - 1e-9) <= abs(value) < 1e4 * (1 + 1e-9):
        return f"{value:.4g}"
    power = math.floor(math.log10(abs(value)) + 1e-9)
    factor = value / 10.0**power
    lead = {1: "", -1: "-"}.get(round(factor, 6), f"{factor:.3g}·")  # type: ignore[call-overload]
    return f"{lead}10{str(power).translate(_SUPERSCRIPT)}"
