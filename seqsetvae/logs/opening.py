"""One door to all formats: a reader for a log, with this package's names and every point's epoch."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from seqsetvae.logs.block import EPOCH, MAX_BYTES, Block, Column, Floats, LogReader, RunFacts
from seqsetvae.logs.log_discovery import ForeignLog, LogFormat
from seqsetvae.logs.metric_names import Names


def open_log(
    log: ForeignLog, *, names: Names | None = None, start: int = 0, clock: Callable[[], float] = time.monotonic
) -> LogReader:
    """A reader that follows a log from its beginning, and gives this package's names.

    Args:
        log: from `find_logs`.
        names: what metrics are called; keep one for a log, also for a second look at its end.
        start: byte to begin at, for a first look at the newest points; negative counts from the end. The state of a
            Hugging Face run is always read as a whole.
        clock: a monotonic clock, in seconds.
    """
    return NamedReader(_reader(log, start, clock), Names() if names is None else names)


def _reader(log: ForeignLog, start: int, clock: Callable[[], float]) -> LogReader:
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

            return TrainerStateReader(log.path, clock=clock)
        case LogFormat.COLLAPSE_LOG:
            from seqsetvae.logs.collapse_monitor_log import CollapseLogReader

            return CollapseLogReader(log.path, start=start, clock=clock)
        case LogFormat.WANDB:
            from seqsetvae.logs.wandb_file import WandbReader

            return WandbReader(log.path, start=start, clock=clock)


class NamedReader:
    """A reader's points under this package's names.

    A metric `epoch` is no curve: it tells the epoch of all points of its step, and of later ones until the next.
    """

    def __init__(self, reader: LogReader, names: Names) -> None:
        self._reader = reader
        self._names = names
        self._last: tuple[int, float] | None = None

    @property
    def facts(self) -> RunFacts:
        """What the log has said of its run so far."""
        return self._reader.facts

    def poll(self, max_bytes: int = MAX_BYTES) -> Block:
        """Look once; see `LogReader`."""
        block = self._reader.poll(max_bytes)
        if block.reset:
            self._last = None
        if not block.columns:
            return block
        columns = {ours: column for name, column in block.columns.items() if (ours := self._names[name]) is not None}
        return replace(block, columns=self._with_epochs(columns))

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
            self._last = int(epochs.step[-1]), float(epochs.values[-1])
        return steps, values


def _with_epoch(column: Column, steps: Floats, values: Floats) -> Column:
    place = np.searchsorted(steps, column.step, side="right") - 1
    found = np.where(place >= 0, values[np.maximum(place, 0)], np.nan)
    return replace(column, epoch=np.where(np.isnan(column.epoch), found, column.epoch))
