"""Reading one range of a log again, for the points that a chart is zoomed in on.

What is kept is bounded like any series: a range of few points is kept point by point, a longer one in buckets that
are still finer than the dots of a chart.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from seqsetvae.errors import InputError
from seqsetvae.logs.log import Log
from seqsetvae.logs.metric_names import Names
from seqsetvae.logs.series import Series
from seqsetvae.logs.series_view import Axis, SeriesView
from seqsetvae.logs.trail import Floats, Trail
from seqsetvae.stream.resume import Resume
from tui.close_up.log_points import points_in
from tui.store.log_index import ByteRange

CAPACITY = 4096
"""Buckets of a close-up: several for each dot column, also when it reaches beyond the window on both sides."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """A range of one curve.

    Attributes:
        log: where it lies.
        metric: whose points.
        axis: along what `low` and `high` are given.
        origin: unix second at which relative time is 0.
        low: where the range begins.
        high: where it ends.
        resumes: what supersedes points.
        resets: how often the file had been replaced.
        names: what another tool's metrics are called here.
    """

    log: Log
    metric: str
    axis: Axis
    origin: float
    low: float
    high: float
    resumes: tuple[Resume, ...] = ()
    resets: int = 0
    names: Names | None = field(default=None, compare=False)

    def same_curve(self, other: Wanted) -> bool:
        """Whether the other one wants points of the same curve along the same axis."""
        return self == replace(other, low=self.low, high=self.high)

    def holds(self, low: float, high: float) -> bool:
        """Whether a window lies within the range, and is not so much narrower that it deserves its own."""
        return self.low <= low and high <= self.high and self.high - self.low <= 4 * (high - low)

    def sought(self) -> tuple[float, float]:
        """The ends as the index of the log knows them."""
        shift = self.origin if self.axis is Axis.RELATIVE else 0.0
        return self.low + shift, self.high + shift


@dataclass(frozen=True, kw_only=True, slots=True)
class CloseUp:
    """The points of a range, as far as the log was read to byte `end`.

    `low` and `high` are the range, with the nearest point on either side of it, which is kept too so that lines
    lead where they should.
    """

    wanted: Wanted
    view: SeriesView
    low: float
    high: float
    end: int

    def within(self, coarse: SeriesView) -> SeriesView:
        """The coarse series with this range of it in the place of its buckets there."""
        first, last = coarse.ends(self.wanted.axis, self.wanted.origin)
        with np.errstate(invalid="ignore"):
            before, after = last < self.low, first > self.high
        return replace(
            coarse, data=np.concatenate([coarse.data[:, before], self.view.data, coarse.data[:, after]], axis=1)
        )


class CloseUpReader:
    """Reads a range, and goes on where the log has grown into it."""

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self._series = Series(CAPACITY)
        self._left: tuple[Trail, Floats] | None = None
        self._right: tuple[Trail, Floats] | None = None
        self._end = 0

    def read(self, ranges: tuple[ByteRange, ...], end: int, *, cancelled: Callable[[], bool]) -> CloseUp | None:
        """The points of the range; None when nobody wants them any more or the file cannot be read.

        Args:
            ranges: the bytes to read, whole lines.
            end: the byte up to which the log is then known.
            cancelled: asked between slices whether to give up.
        """
        try:
            wanted = self.wanted
            for found in points_in(ranges, wanted.log, wanted.metric, resumes=wanted.resumes, names=wanted.names):
                if cancelled():
                    return None
                if found is not None:
                    self._take(found.trail, found.values)
        except InputError:  # whoever follows the log says why
            return None
        self._end = end
        return self._close_up()

    def _take(self, trail: Trail, values: Floats) -> None:
        x = self._along(trail)
        inside = (x >= self.wanted.low) & (x <= self.wanted.high)
        self._series.append(trail.take(inside), values[inside])
        before, after = np.nonzero(x < self.wanted.low)[0], np.nonzero(x > self.wanted.high)[0]
        if len(before):
            nearest = before[x[before].argmax()][None]
            if self._left is None or x[nearest[0]] >= self._along(self._left[0])[0]:
                self._left = trail.take(nearest), values[nearest]
        if len(after):
            nearest = after[x[after].argmin()][None]
            if self._right is None or x[nearest[0]] < self._along(self._right[0])[0]:
                self._right = trail.take(nearest), values[nearest]

    def _along(self, trail: Trail) -> Floats:
        axis = self.wanted.axis
        if axis is Axis.RELATIVE:
            return trail.t - self.wanted.origin
        return trail.step if axis is Axis.STEP else trail.epoch if axis is Axis.EPOCH else trail.t

    def _close_up(self) -> CloseUp:
        view = self._series.view()
        parts = [self._alone(self._left), view.data, self._alone(self._right)]
        return CloseUp(
            wanted=self.wanted,
            view=replace(view, data=np.concatenate(parts, axis=1)),
            low=self.wanted.low if self._left is None else float(self._along(self._left[0])[0]),
            high=self.wanted.high if self._right is None else float(self._along(self._right[0])[0]),
            end=self._end,
        )

    def _alone(self, point: tuple[Trail, Floats] | None) -> Floats:
        series = Series(2)
        if point is not None:
            series.append(*point)
        return series.view().data
