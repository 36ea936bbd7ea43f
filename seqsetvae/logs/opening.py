"""One door to all formats: a reader for a log, with this package's names and every point's epoch."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from seqsetvae.logs.block import EPOCH, MAX_BYTES, Block, Column, LogReader, RunFacts, with_epoch
from seqsetvae.logs.log import Log, LogFormat
from seqsetvae.logs.metric_names import Names
from seqsetvae.logs.trail import Floats


def open_log(
    log: Log,
    *,
    names: Names | None = None,
    start: int = 0,
    prefix: str = "",
    events: bool = True,
    points: bool = True,
    epoch: tuple[float, float] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> LogReader:
    """A reader that follows a log from its beginning, and gives all that is written, by this package's names.

    Args:
        log: from `find_logs`.
        names: what another tool's metrics are called; keep one for a log, also for a second reader of its end.
        start: byte to begin at, for the newest points first or some in the middle; negative counts from the end.
            The state of a Hugging Face run is always read as a whole.
        prefix: only metrics whose names begin so are asked for, which is faster where lines without them are passed
            over; others may come too.
        events: False leaves out the events of this package's log, which are in a file of their own.
        points: False leaves out the metrics of this package's log, which is faster: its lines say where they lie.
        epoch: the newest step before `start` whose epoch is known, and that epoch.
        clock: a monotonic clock, in seconds.
    """
    if log.format is LogFormat.JSONL:
        from seqsetvae.logs.jsonl import JsonlReader

        return JsonlReader(log.path, start=start, prefix=prefix, events=events, points=points, clock=clock)
    return NamedReader(_reader(log, start, clock), Names() if names is None else names, max(start, 0), epoch)


def _reader(log: Log, start: int, clock: Callable[[], float]) -> LogReader:
    # Each kind is loaded when a log is of that kind: most watched directories hold none of them.
    match log.format:
        case LogFormat.TENSORBOARD:
            from seqsetvae.logs.tensorboard import TensorBoardReader

            return TensorBoardReader(log.path, start=start, clock=clock)
        case LogFormat.CSV:
            from seqsetvae.logs.metrics_csv import MetricsCsvReader

            return MetricsCsvReader(log.path, start=start, clock=clock)
        case LogFormat.TRAINER_STATE:
            from seqsetvae.logs.trainer_state import TrainerStateReader

            return TrainerStateReader(log.path, directory=log.directory, start=start, clock=clock)
        case LogFormat.COLLAPSE_LOG:
            from seqsetvae.logs.collapse_monitor_log import CollapseLogReader

            return CollapseLogReader(log.path, start=start, clock=clock)
        case _:
            from seqsetvae.logs.wandb_file import WandbReader

            return WandbReader(log.path, start=start, clock=clock)


class NamedReader:
    """A reader's points under this package's names.

    A metric `epoch` is no curve: it tells the epoch of all points of its step, and of later ones until the next.
    """

    def __init__(
        self, reader: LogReader, names: Names, start: int = 0, epoch: tuple[float, float] | None = None
    ) -> None:
        self._reader = reader
        self._names = names
        self._last = epoch
        self._read = start

    @property
    def facts(self) -> RunFacts:
        """What the log has said of its run so far."""
        return self._reader.facts

    def poll(self, max_bytes: int = MAX_BYTES) -> Block:
        """Read on; see `LogReader`."""
        block = self._reader.poll(max_bytes)
        if block.reset:
            self._last, self._read = None, 0
        start, self._read = min(self._read, block.read), max(self._read, block.read)
        columns = {ours: column for name, column in block.columns.items() if (ours := self._names[name]) is not None}
        return replace(block, columns=self._with_epochs(columns), start=start)

    def _with_epochs(self, columns: Mapping[str, Column]) -> dict[str, Column]:
        epochs = columns.get(EPOCH)
        others = {name: column for name, column in columns.items() if name != EPOCH}
        if epochs is None and self._last is None:
            return others
        steps, values = self._known(epochs)
        return {name: _with_epoch(column, steps, values) for name, column in others.items()}

    def _known(self, epochs: Column | None) -> tuple[Floats, Floats]:
        """Steps whose epoch is known, rising, and these epochs; the last is kept for the next block."""
        steps = np.array([] if self._last is None else [self._last[0]], np.float64)
        values = np.array([] if self._last is None else [self._last[1]], np.float64)
        if epochs is not None:
            steps = np.concatenate([steps, epochs.step])
            values = np.concatenate([values, epochs.values])
            by_step = np.argsort(steps, kind="stable")
            steps, values = steps[by_step], values[by_step]
            self._last = float(epochs.step[-1]), float(epochs.values[-1])
        return steps, values


def _with_epoch(column: Column, steps: Floats, values: Floats) -> Column:
    place = np.searchsorted(steps, column.step, side="right") - 1
    found = np.where(place >= 0, values[np.maximum(place, 0)], np.nan)
    return with_epoch(column, np.where(np.isnan(column.epoch), found, column.epoch))
