"""What part of a series the chart shows, and how: pure state, changed by keys."""

from __future__ import annotations

from dataclasses import dataclass, replace

from seqsetvae.logs.series_view import Axis
from tui.chart.smooth import STEPS

PAN_SHARE = 0.2
"""Share of the window that one key moves along."""

_AROUND_SHARE = 0.2
"""Share of everything that is shown about an event."""

_SMALLEST_SHARE = 1e-6
"""Smallest window, as a share of the whole; below it floats lack the precision."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """A range of the x axis."""

    low: float
    high: float

    @property
    def width(self) -> float:
        """Length of the range."""
        return self.high - self.low

    def shifted(self, by: float) -> Window:
        """The window moved along the axis."""
        return Window(low=self.low + by, high=self.high + by)


@dataclass(frozen=True, kw_only=True, slots=True)
class Extent:
    """What there is to see along the axis: everything, and the newest point of the run on the screen."""

    span: Window
    newest: float


@dataclass(frozen=True, kw_only=True, slots=True)
class ChartState:
    """The large chart's settings.

    Attributes:
        window: the range in sight; None shows everything and goes on with the run.
        newest: the newest point when a window was chosen that holds it; such a window goes on with the run. None for
            a window that stays.
        overlays: runs whose curves are kept beside that of the run on the screen, in the order of their choice.
    """

    metric: str | None = None
    axis: Axis = Axis.STEP
    log: bool = False
    smoothing: float = 0.0
    window: Window | None = None
    newest: float | None = None
    overlays: tuple[str, ...] = ()

    def next_axis(self) -> ChartState:
        """With the next kind of x axis; a window of the old axis means nothing on it."""
        axes = list(Axis)
        return replace(self, axis=axes[(axes.index(self.axis) + 1) % len(axes)], window=None, newest=None)

    def next_smoothing(self) -> ChartState:
        """With the next degree of smoothing, off after the strongest."""
        return replace(self, smoothing=STEPS[(STEPS.index(self.smoothing) + 1) % len(STEPS)])

    def everything(self) -> ChartState:
        """Without a window."""
        return replace(self, window=None, newest=None)

    def now(self, extent: Extent | None) -> ChartState:
        """As it is to be seen now: a window that follows the run has moved as far as the run."""
        if extent is None or self.window is None or self.newest is None or self.newest == extent.newest:
            return self
        shift = extent.newest - self.newest
        return replace(self, window=_within(self.window.shifted(shift), extent.span), newest=extent.newest)

    def at(self, window: Window, extent: Extent) -> ChartState:
        """With a window as near to the wanted one as there is something to see; none when it would hold everything."""
        span = extent.span
        width = max(window.width, span.width * _SMALLEST_SHARE)
        if width >= span.width:
            return self.everything()
        window = _within(Window(low=window.low, high=window.low + width), span)
        holds_newest = window.low <= extent.newest <= window.high
        return replace(self, window=window, newest=extent.newest if holds_newest else None)

    def zoomed(self, factor: float, extent: Extent, about: float | None = None) -> ChartState:
        """With a window `factor` times as wide; everything when it would not fit.

        What stays at its place is `about` where it is given; else the newest point while the window follows the run,
        or the middle.
        """
        window = self.window or extent.span
        if about is None:
            about = (window.low + window.high) / 2 if self.newest is None else min(self.newest, window.high)
        width = max(window.width * factor, extent.span.width * _SMALLEST_SHARE)
        low = about - (about - window.low) * width / window.width
        return self.at(Window(low=low, high=low + width), extent)

    def panned(self, share: float, extent: Extent) -> ChartState:
        """With the window moved by a share of its width; without a window everything is in sight already."""
        if self.window is None:
            return self
        shift = share * self.window.width
        return self.at(self.window.shifted(shift), extent)

    def around(self, x: float, extent: Extent) -> ChartState:
        """With a window of a fifth of everything about a place."""
        reach = extent.span.width * _AROUND_SHARE / 2
        return self.at(Window(low=x - reach, high=x + reach), extent)

    def toggled(self, run: str) -> ChartState:
        """With a run's curve kept, or no longer kept."""
        kept = tuple(name for name in self.overlays if name != run)
        return replace(self, overlays=kept if run in self.overlays else (*kept, run))


def _within(window: Window, span: Window) -> Window:
    shift = max(span.low - window.low, 0) - max(window.high - span.high, 0)
    return window.shifted(shift)
