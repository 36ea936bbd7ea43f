"""What part of a series the chart shows, and how: pure state, changed by keys."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tui.buckets import Axis
from tui.chart.smooth import STEPS

_PAN_SHARE = 0.2
_SMALLEST_SHARE = 1e-6
"""Smallest window, as a share of the whole; below it positions run out of digits."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """A stretch of the x axis."""

    low: float
    high: float

    @property
    def width(self) -> float:
        """Length of the stretch."""
        return self.high - self.low


@dataclass(frozen=True, kw_only=True, slots=True)
class ChartState:
    """The large chart's settings. ``window`` None shows everything and goes on with the run."""

    metric: str | None = None
    axis: Axis = Axis.STEP
    log: bool = False
    smoothing: float = 0.0
    window: Window | None = None

    def next_axis(self) -> ChartState:
        """With the next kind of x axis; a window of the old axis means nothing on it."""
        axes = list(Axis)
        return replace(self, axis=axes[(axes.index(self.axis) + 1) % len(axes)], window=None)

    def next_smoothing(self) -> ChartState:
        """With the next degree of smoothing, off after the strongest."""
        return replace(self, smoothing=STEPS[(STEPS.index(self.smoothing) + 1) % len(STEPS)])

    def zoomed(self, factor: float, span: Window) -> ChartState:
        """With a window ``factor`` times as wide about its centre; everything when it would not fit the span."""
        window = self.window or span
        width = max(window.width * factor, span.width * _SMALLEST_SHARE)
        if width >= span.width:
            return replace(self, window=None)
        middle = (window.low + window.high) / 2
        return replace(self, window=_within(Window(low=middle - width / 2, high=middle + width / 2), span))

    def panned(self, direction: int, span: Window) -> ChartState:
        """With the window moved by a fifth of its width; without a window everything is in sight already."""
        if self.window is None:
            return self
        shift = direction * _PAN_SHARE * self.window.width
        return replace(self, window=_within(Window(low=self.window.low + shift, high=self.window.high + shift), span))

    def around(self, x: float, span: Window) -> ChartState:
        """With a window of a fifth of the span about a place."""
        reach = span.width * _PAN_SHARE / 2
        return replace(self, window=_within(Window(low=x - reach, high=x + reach), span))


def _within(window: Window, span: Window) -> Window:
    shift = max(span.low - window.low, 0) - max(window.high - span.high, 0)
    return Window(low=window.low + shift, high=window.high + shift)
