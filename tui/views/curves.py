"""What the large chart draws: the curve of the run on the screen, those kept beside it, limits, events."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seqsetvae.collapse.limits import Limit
from seqsetvae.collapse.verdict_history import LevelChange
from seqsetvae.i18n.language import tr
from seqsetvae.logs.series_view import Axis, AxisPoints, Bucket, SeriesView
from seqsetvae.stream.records import EventRecord
from tui.chart.raster import CURVE_ROLES, CURVE_SIGNS, Role
from tui.close_up.close_ups import CloseUps, CurveSource
from tui.follow.liveness import State
from tui.store.run_data import RunData
from tui.store.run_info import RunInfo
from tui.store.store import Store
from tui.views.overlay import MAX_OVERLAYS, kinds_of
from tui.views.run_state import liveness_of
from tui.views.snapshot import Snapshot
from tui.views.window import ChartState, Extent, Window

_GROWING = (State.RUNNING, State.STALLED)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class RunCurve:
    """One run's curve.

    Attributes:
        run: the run's name.
        kind: its colour and sign among other runs' curves; None for a run that is not kept beside others.
        whole: all of it.
        shown: the same, with the points of the window in the place of coarse buckets.
        origin: unix second at which its relative time begins.
    """

    run: str
    kind: int | None
    whole: SeriesView
    shown: SeriesView
    origin: float

    @property
    def role(self) -> Role:
        """What it is drawn as."""
        return Role.LINE if self.kind is None else CURVE_ROLES[self.kind]

    @property
    def sign(self) -> str:
        """The sign on it; none on the only curve."""
        return "" if self.kind is None else CURVE_SIGNS[self.kind]

    def points(self, axis: Axis) -> AxisPoints:
        """What is to be drawn along an axis."""
        return self.shown.points(axis, self.origin)

    def nearest(self, axis: Axis, x: float) -> tuple[float, Bucket] | None:
        """The point nearest to a place, and where it lies; None without points on this axis."""
        start, end = self.shown.ends(axis, self.origin)
        away = np.maximum(np.maximum(start - x, x - end), 0)
        if not np.isfinite(away).any():
            return None
        # Of several buckets that hold the place, the narrowest is the most telling.
        index = int(np.lexsort((end - start, away))[0])
        middle = (start[index] + end[index]) / 2
        return float(middle), self.shown.bucket(index)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ChartContent:
    """What the chart shows.

    Attributes:
        state: its settings.
        own: the curve of the run on the screen; None while there is none.
        others: the curves kept beside it.
        limits: values that its own curve should not cross.
        events: the run's events.
        what_if: where other thresholds would have raised the level first.
        growing: whether further points are to be expected.
        reading: whether finer points are on their way.
        waiting: what to say while there is no curve.
    """

    state: ChartState
    own: RunCurve | None = None
    others: tuple[RunCurve, ...] = ()
    limits: tuple[Limit, ...] = ()
    events: tuple[EventRecord, ...] = ()
    what_if: tuple[LevelChange, ...] = ()
    growing: bool = False
    reading: bool = False
    waiting: str = ""

    @property
    def curves(self) -> tuple[RunCurve, ...]:
        """All curves, the run's own first."""
        return (self.own, *self.others) if self.own is not None else self.others

    @property
    def extent(self) -> Extent | None:
        """What there is to see along the axis; None without a range of it."""
        return extent_of(self.own, self.others, self.state.axis)


def extent_of(own: RunCurve | None, others: tuple[RunCurve, ...], axis: Axis) -> Extent | None:
    """From the first to the last point of all curves, and the newest of the run's own; None without a range."""
    span = own.whole.points(axis, own.origin).span if own is not None else None
    if span is None:
        return None
    spans = [span, *(found for curve in others if (found := curve.whole.points(axis, curve.origin).span))]
    low, high = min(low for low, _ in spans), max(high for _, high in spans)
    return Extent(span=Window(low=low, high=high), newest=span[1]) if high > low else None


class Curves:
    """Takes curves from the store, as fine as the chart's window asks for.

    Args:
        store: where the runs are.
        details: gives the points of a window.
    """

    def __init__(self, store: Store, details: CloseUps) -> None:
        self._store = store
        self._details = details

    def revision(self, state: ChartState) -> tuple[int, ...]:
        """Changes when there is more to draw than the run's own revision says."""
        runs = state.overlays[:MAX_OVERLAYS]
        return (self._details.revision, *(self._store.data(run).revision for run in runs if self._store.run(run)))

    def content(self, state: ChartState, snapshot: Snapshot, limits: tuple[Limit, ...], dots: int) -> ChartContent:
        """What the chart shows of a snapshot.

        Args:
            state: the chart's settings.
            snapshot: the run on the screen, at the moment that is shown.
            limits: those of the chosen metric.
            dots: columns of dots of the chart.
        """
        data, info = snapshot.data, snapshot.info
        run = info.name if info is not None else ""
        kinds = kinds_of(state.overlays)
        metric = state.metric
        if data is None or metric is None:
            return ChartContent(state=state, waiting=tr("no metrics yet"))
        own = _curve(run, data, metric, kinds.get(run))
        others = tuple(
            curve
            for name in state.overlays
            if name != run and self._store.run(name) is not None
            if (curve := _curve(name, self._store.data(name), metric, kinds[name])) is not None
        )
        state = state.now(extent_of(own, others, state.axis))
        self._details.keep({curve.run for curve in (own, *others) if curve is not None})
        return ChartContent(
            state=state,
            own=self._finer(own, info, data, state, dots) if own is not None else None,
            others=tuple(
                self._finer(curve, self._store.run(curve.run), self._store.data(curve.run), state, dots)
                for curve in others
            ),
            limits=limits,
            events=data.events(),
            growing=info is not None and liveness_of(info, data.head, snapshot.now).state in _GROWING,
            reading=self._details.reading,
        )

    def _finer(self, curve: RunCurve, info: RunInfo | None, data: RunData, state: ChartState, dots: int) -> RunCurve:
        if info is None or state.metric is None or _times_are_made_up(info, state.axis):
            return curve
        source = CurveSource(
            run=curve.run,
            data=data,
            log=info.log,
            metric=state.metric,
            coarse=curve.whole,
            axis=state.axis,
            origin=curve.origin,
        )
        window = (state.window.low, state.window.high) if state.window is not None else None
        shown = self._details.finest(source, window, dots)
        return RunCurve(run=curve.run, kind=curve.kind, whole=curve.whole, shown=shown, origin=curve.origin)


def _curve(run: str, data: RunData, metric: str, kind: int | None) -> RunCurve | None:
    view = data.series(metric)
    if view is None:
        return None
    return RunCurve(run=run, kind=kind, whole=view, shown=view, origin=data.head.first_t or 0.0)


def _times_are_made_up(info: RunInfo, axis: Axis) -> bool:
    """Whether reading the log again gives other times: those of a log without times come from its last write."""
    return not info.log.format.has_times and axis in (Axis.WALL, Axis.RELATIVE)
