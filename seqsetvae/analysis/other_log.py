"""A run from another tool's log: TensorBoard's event files, Lightning's `metrics.csv`, and what else can be read."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np

from seqsetvae.analysis.names import canonical
from seqsetvae.analysis.run_curves import RunCollector, RunCurves, thresholds_in
from seqsetvae.collapse.observation import PREFIX
from seqsetvae.collapse.thresholds import Thresholds
from seqsetvae.collapse.verdict import LEVELS
from seqsetvae.logs.block import Block
from seqsetvae.logs.log import Log
from seqsetvae.logs.merged_lines import LineMerger, records_of
from seqsetvae.logs.opening import open_log
from seqsetvae.logs.trail import Trail
from seqsetvae.stream.records import Level, MetricsRecord
from seqsetvae.stream.resume import Resume, is_superseded, resumes_of

WITHOUT_DIMENSIONS = (
    "the log has no KL per dimension: how low a KL is low depends on it, so that collapse may be missed"
)


def load_log(log: Log, name: str) -> RunCurves:
    """Read another tool's log; what cannot be read of it is among the problems.

    Args:
        log: The log.
        name: How the run is called in the report.
    """
    reading = LogReading(log)
    if reading.resumes or reading.thresholds != Thresholds():
        # What is void, and what to judge by, is known at the end only: once more with both.
        reading = LogReading(log, resumes=reading.resumes, thresholds=reading.thresholds)
    collector = reading.collector
    return RunCurves(
        name=name,
        path=log.path,
        curves=collector.curves(),
        thresholds=reading.thresholds,
        history=collector.history,
        changes=tuple(collector.changes),
        reported=reading.reported,
        config=reading.reader.facts.config,
        total_steps=reading.reader.facts.total_steps,
        last_step=collector.last_step,
        problems=reading.problems(),
    )


class LogReading:
    """One reading of a log, from its beginning to its present end.

    Args:
        log: The log.
        resumes: Resumptions that are known; points that they made void are left out.
        thresholds: What the posterior is judged by.

    Attributes:
        resumes, thresholds: What the log itself says of them.
        reported: The step of the first event of each level.
    """

    def __init__(self, log: Log, *, resumes: tuple[Resume, ...] = (), thresholds: Thresholds | None = None) -> None:
        self.reader = open_log(log)
        self.collector = RunCollector(thresholds or Thresholds())
        self.resumes: tuple[Resume, ...] = ()
        self.reported: dict[Level, int] = {}
        self._known = resumes
        self._merger = LineMerger()
        self._damaged: Counter[str] = Counter()
        self._problem: str | None = None
        self._read()
        self.thresholds, self._unusable = thresholds_in(self.reader.facts.config)

    def problems(self) -> tuple[str, ...]:
        """Return what could not be read, a sentence each."""
        damaged = [f"{kind} were left out: {count:,}" for kind, count in self._damaged.items()]
        history = self.collector.history
        blind = history.checks and not history.dimensions and self.thresholds.kl_threshold is None
        problems = [self._problem] if self._problem else []
        return (*problems, *self._unusable, *damaged, *([WITHOUT_DIMENSIONS] if blind else []))

    def _read(self) -> None:
        while True:
            block = self.reader.poll()
            if block.reset:
                self._problem = "the log was replaced while it was read; read it again"
                return
            self._take(block)
            if block.at_end:
                break
        for record in records_of(self._merger.rest()):
            self._check(record)
        self._problem = block.problem

    def _take(self, block: Block) -> None:
        self._damaged.update(block.damaged)
        self.resumes += resumes_of(block.events)
        for event in block.events:
            if event.level in LEVELS:
                self.reported.setdefault(event.level, event.step)
        for name, column in block.columns.items():
            if canonical(name) is None:
                continue
            kept = np.ones(len(column.t), dtype=np.bool_)
            for resume in self._known:
                kept &= (column.step <= resume.step) | (column.t >= resume.t)
            step = column.step[kept].astype(np.float64)
            trail = Trail(t=column.t[kept], step=step, epoch=column.epoch[kept])
            self.collector.extend(name, trail, column.values[kept])
        posterior = {name: column for name, column in block.columns.items() if name.startswith(PREFIX)}
        for record in records_of(self._merger.feed(replace(block, columns=posterior))):
            self._check(record)

    def _check(self, record: MetricsRecord) -> None:
        if not is_superseded(self._known, step=record.step, t=record.t):
            self.collector.check(record)
