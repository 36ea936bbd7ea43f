"""From directories to runs: which there are, and each read from its log, whatever wrote it, in bounded memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from seqsetvae.analysis.metric_curve import drawable_values
from seqsetvae.analysis.names import canonical, preference
from seqsetvae.analysis.run_curves import CHANGES, RunCurves
from seqsetvae.collapse.detector import make_detector
from seqsetvae.collapse.observation import Observation
from seqsetvae.collapse.thresholds import Thresholds
from seqsetvae.collapse.verdict import LEVELS, Verdict
from seqsetvae.errors import InputError
from seqsetvae.i18n.message import Message
from seqsetvae.logs.block import BAD_EVENTS, BAD_LINES, Block
from seqsetvae.logs.checks import Checks
from seqsetvae.logs.current_reader import CurrentReader
from seqsetvae.logs.discovery import find_logs, log_at, without_copies
from seqsetvae.logs.log import Log
from seqsetvae.logs.read_problem import without_retry
from seqsetvae.logs.series import Series
from seqsetvae.logs.series_view import SeriesView
from seqsetvae.posterior.history import History
from seqsetvae.stream.records import Level

#: Buckets of a curve at most; a panel of a figure is some 700 dots wide.
CAPACITY = 1024

WITHOUT_DIMENSIONS = (
    "the log has no KL per dimension: how low a KL is low depends on it, so that collapse may be missed"
)


def find_runs(paths: Sequence[Path]) -> list[Log]:
    """Return the logs in and below directories, each once, in the order of the paths and then of their names.

    A path may also be another tool's log file. Another tool's log inside of a run of ours tells the same once more, and
    is left out.

    Raises:
        InputError: there is no such path, or it holds no run.
    """
    found: dict[Path, Log] = {}
    for path in paths:
        logs = _logs_at(path)
        if not logs:
            reason = Message("no metrics.jsonl, TensorBoard events or metrics.csv is in it or below")
            raise InputError("{path} holds no run: {reason}; name another directory", path=path, reason=reason)
        for log in sorted(logs, key=lambda log: log.name):
            found.setdefault(log.path.resolve(), replace(log, path=log.path.resolve()))
    counts = Counter(log.name for log in found.values())
    # The same name below two directories: both are then called by their whole path.
    return [log if counts[log.name] == 1 else replace(log, name=path.as_posix()) for path, log in found.items()]


def _logs_at(path: Path) -> list[Log]:
    if not path.exists():
        raise InputError("{path} does not exist; give a directory that holds runs, or a run's own directory", path=path)
    if path.is_dir():
        return without_copies(find_logs(path))
    log = log_at(path)
    if log is None:
        raise InputError("{path} is no log that can be read by itself; give the directory that holds it", path=path)
    return [log]


def load_run(log: Log) -> RunCurves:
    """Read a run; what cannot be read of it is among its problems."""
    reader = CurrentReader(log)
    reading = _RunReading(thresholds_in(reader.facts.config)[0])
    reading.read(reader)
    thresholds, unusable = thresholds_in(reader.facts.config)
    if thresholds != reading.thresholds:  # some logs say at their end how they are to be judged
        reader = CurrentReader(log, resumes=reader.resumes)
        reading = _RunReading(thresholds)
        reading.read(reader)
    return RunCurves(
        name=log.name,
        path=log.path,
        curves=reading.curves(),
        thresholds=thresholds,
        history=reading.history,
        changes=tuple(reading.changes),
        reported=reading.reported,
        facts=reader.facts,
        last_step=reading.last_step,
        problems=(*filter(None, [reader.facts.problem]), *unusable, *reading.problems()),
    )


class _RunReading:
    """Keeps of a log what figures need, and judges its posterior on the way.

    Args:
        thresholds: What the posterior is judged by.

    Attributes:
        reported: The step of the first event of each level.
    """

    def __init__(self, thresholds: Thresholds) -> None:
        self.thresholds = thresholds
        self._forget()

    def _forget(self) -> None:
        self._detector = make_detector(self.thresholds)
        self._series: dict[str, Series] = {}
        self._checks = Checks()
        self._damaged: Counter[str] = Counter()
        self._problem: str | None = None
        self.history = History()
        self.changes: list[Verdict] = []
        self.reported: dict[Level, int] = {}
        self.last_step: int | None = None

    def read(self, reader: CurrentReader) -> None:
        """Read a log up to its present end."""
        while True:
            block = reader.poll()
            if block.reset:
                self._forget()
            self._add(block)
            if block.at_end:
                break
        for check in self._checks.rest():
            self._judge(check.observation)

    def curves(self) -> dict[str, SeriesView]:
        """Return the curves by canonical name, of several names for one metric the best."""
        found: dict[str, SeriesView] = {}
        for name in sorted(self._series, key=preference):
            ours = canonical(name)
            if ours is not None:
                found.setdefault(ours, self._series[name].view())
        return found

    def problems(self) -> tuple[str, ...]:
        """Return what could not be read, and what it means for the verdict, a sentence each."""
        found = [self._problem] if self._problem else []
        others = self._damaged.copy()
        lines = others.pop(BAD_LINES, 0) + others.pop(BAD_EVENTS, 0)
        if lines:
            found.append(f"{lines:,} of its lines are damaged and were left out")
        found += [f"{kind} were left out: {count:,}" for kind, count in others.items()]
        if self.history.checks and not self.history.dimensions and self.thresholds.kl_threshold is None:
            found.append(WITHOUT_DIMENSIONS)
        return tuple(found)

    def _add(self, block: Block) -> None:
        self._damaged.update(block.damaged)
        self._problem = None if block.problem is None else without_retry(block.problem)
        for event in block.events:
            if event.level in LEVELS:
                self.reported.setdefault(event.level, event.step)
        for name, column in block.columns.items():
            if len(column.values) and canonical(name) is not None:
                self._series.setdefault(name, Series(CAPACITY)).append(column.trail, drawable_values(column.values))
        if len(block.newest):
            self.last_step = int(block.newest.step[-1])
        for check in self._checks.feed(block):
            self._judge(check.observation)

    def _judge(self, observation: Observation) -> None:
        verdict = self._detector.observe(observation)
        if (verdict.changed or not self.history.checks) and len(self.changes) < CHANGES:
            self.changes.append(verdict)
        self.history.add(observation, verdict)


def thresholds_in(config: Mapping[str, Any]) -> tuple[Thresholds, tuple[str, ...]]:
    """Return the detector's settings in a run's, and a sentence for each that cannot be one and is left out."""
    thresholds, unusable = Thresholds.usable_in(config)
    problem = "its setting {} is {!r:.60}, which no detector takes: the default is used"
    return thresholds, tuple(problem.format(name, config[name]) for name in unusable)
