"""Which curves of the chart are too coarse for its window, and the thread that reads their points again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from seqsetvae.logs.log import Log
from seqsetvae.logs.series_view import Axis, SeriesView
from tui.close_up.close_up_reader import CloseUp, CloseUpReader, Wanted
from tui.store.log_index import ByteRange
from tui.store.run_data import RunData

_PADDING = 0.5
"""Share of the window that is read on either side of it, so that moving along needs no reading at every key."""

LONG_READ = 8 * 1024 * 1024
"""Bytes from which on the reading of a close-up takes so long (some 60 ms) that it is worth a word."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CurveSource:
    """One run's curve, as the store has it; `log` is where it lies."""

    run: str
    data: RunData
    log: Log
    metric: str
    coarse: SeriesView
    axis: Axis
    origin: float


@dataclass(kw_only=True, slots=True)
class _Task:
    reader: CloseUpReader
    ranges: tuple[ByteRange, ...]
    end: int

    @property
    def size(self) -> int:
        """Bytes to read."""
        return sum(part.end - part.start for part in self.ranges)


@dataclass(kw_only=True, slots=True)
class _Held:
    """What is known of one run's curve: the newest close-up with its reader, and the curve with it."""

    reader: CloseUpReader | None = None
    close_up: CloseUp | None = None
    coarse: SeriesView | None = None
    within: SeriesView | None = None
    task: _Task | None = None
    tried: tuple[Wanted, int] | None = None

    def cancel(self) -> None:
        """Give up what is being read; a reader that has begun to extend its close-up is of no use any more."""
        if self.task is not None and self.task.reader is self.reader:
            self.reader = None
        self.task = None


class CloseUps:
    """Close-ups of the curves in sight. Who asks for a curve gets what is known; a thread reads what is missing.

    Args:
        ready: called from the thread when a close-up has come.
        threaded: False leaves the work to callers of `work`.
    """

    def __init__(self, ready: Callable[[], object], *, threaded: bool = True) -> None:
        self._ready = ready
        self._threaded = threaded
        self._held: dict[str, _Held] = {}
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._stopped = False
        self.revision = 0
        """Changes with every close-up that comes."""

    @property
    def reading(self) -> bool:
        """Whether a close-up is on its way that takes a while."""
        with self._changed:
            return any(held.task is not None and held.task.size >= LONG_READ for held in self._held.values())

    def finest(self, curve: CurveSource, window: tuple[float, float] | None, dots: int) -> SeriesView:
        """The curve as fine as it is known in a window; what is missing will come later.

        Args:
            curve: the curve. Nothing of its log beyond what its data hold is read.
            window: the range in sight; None for everything, which needs no close-up.
            dots: columns of dots of the chart.
        """
        with self._changed:
            if window is None or curve.data.facts.progress < 1:
                self._drop(curve.run)
                return curve.coarse
            return self._finest(curve, window, dots)

    def keep(self, runs: set[str]) -> None:
        """Forget the curves of all other runs."""
        with self._changed:
            for run in self._held.keys() - runs:
                self._drop(run)

    def stop(self) -> None:
        """End the thread and wait for it."""
        with self._changed:
            self._stopped = True
            for run in tuple(self._held):
                self._drop(run)
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def work(self) -> bool:
        """Read one close-up that is wanted; False when none is."""
        with self._changed:
            held = next((held for held in self._held.values() if held.task is not None), None)
            task = held.task if held is not None else None
        if held is None or task is None:
            return False
        close_up = task.reader.read(task.ranges, task.end, cancelled=lambda: held.task is not task)
        with self._changed:
            if held.task is not task:
                return True
            held.task = None
            if close_up is not None:
                held.reader, held.close_up, held.coarse = task.reader, close_up, None
            else:
                held.reader = held.close_up = None
            self.revision += 1
        self._ready()
        return True

    def _drop(self, run: str) -> None:
        held = self._held.pop(run, None)
        if held is not None:
            held.cancel()

    def _finest(self, curve: CurveSource, window: tuple[float, float], dots: int) -> SeriesView:
        held = self._held.setdefault(curve.run, _Held())
        wanted = _wanted(curve, window)
        if held.task is not None and not _serves(held.task.reader.wanted, held.task.end, curve, wanted, window):
            held.cancel()
        close_up = held.close_up
        if close_up is not None and not (close_up.wanted.same_curve(wanted) and close_up.end <= curve.data.read_to):
            held.reader = held.close_up = close_up = None
        shown = _shown(held, curve.coarse)
        if held.task is not None:
            return shown
        if _is_coarse(shown, curve, window, dots) and (close_up is None or not close_up.wanted.holds(*window)):
            self._ask(held, CloseUpReader(wanted), curve, 0)
        elif close_up is not None and close_up.end < curve.data.read_to:
            self._ask(held, held.reader or CloseUpReader(wanted), curve, close_up.end if held.reader else 0)
        return shown

    def _ask(self, held: _Held, reader: CloseUpReader, curve: CurveSource, since: int) -> None:
        end = curve.data.read_to
        ranges = curve.data.ranges(curve.axis, *reader.wanted.sought(), since)
        if not ranges or held.tried == (reader.wanted, end):
            return
        held.tried = (reader.wanted, end)
        held.task = _Task(reader=reader, ranges=ranges, end=end)
        if self._threaded and self._thread is None and not self._stopped:
            self._thread = threading.Thread(target=self._run, name="seqsetvae-watch-details", daemon=True)
            self._thread.start()
        self._changed.notify()

    def _run(self) -> None:
        while not self._stopped:
            if not self.work():
                with self._changed:
                    self._changed.wait_for(self._is_wanted)

    def _is_wanted(self) -> bool:
        return self._stopped or any(held.task is not None for held in self._held.values())


def _wanted(curve: CurveSource, window: tuple[float, float]) -> Wanted:
    low, high = window
    padding = _PADDING * (high - low)
    return Wanted(
        log=curve.log,
        metric=curve.metric,
        axis=curve.axis,
        origin=curve.origin,
        low=low - padding,
        high=high + padding,
        resumes=curve.data.resumes,
        resets=curve.data.facts.resets,
        names=curve.data.given,
    )


def _serves(asked: Wanted, end: int, curve: CurveSource, wanted: Wanted, window: tuple[float, float]) -> bool:
    """Whether what is being read is still what is wanted."""
    return asked.same_curve(wanted) and asked.holds(*window) and end <= curve.data.read_to


def _shown(held: _Held, coarse: SeriesView) -> SeriesView:
    """The curve with its close-up in it; the same object as long as neither changes."""
    if held.close_up is None:
        return coarse
    if held.within is None or held.coarse is not coarse:
        held.coarse, held.within = coarse, held.close_up.within(coarse)
    return held.within


def _is_coarse(shown: SeriesView, curve: CurveSource, window: tuple[float, float], dots: int) -> bool:
    """Whether a window shows buckets of several points, and fewer of them than there are columns of dots."""
    start, end = shown.ends(curve.axis, curve.origin)
    with np.errstate(invalid="ignore"):
        seen = (end >= window[0]) & (start <= window[1])
    return int(seen.sum()) < dots and bool((end[seen] > start[seen]).any())
