"""From directories to runs: which there are, and each of them read once, a line at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from seqsetvae.analysis.metrics_reading import Block, block_of_lines, drop_superseded
from seqsetvae.analysis.other_log import load_log
from seqsetvae.analysis.plain_lines import PlainLines
from seqsetvae.analysis.run_curves import RunCollector, RunCurves, thresholds_in
from seqsetvae.collapse.verdict import LEVELS
from seqsetvae.errors import InputError
from seqsetvae.i18n.message import Message
from seqsetvae.logs.discovery import find_logs, log_at
from seqsetvae.logs.log import FOREIGN, Log, LogFormat
from seqsetvae.stream.codec import BadLine, decode_event
from seqsetvae.stream.records import EventRecord, Level
from seqsetvae.stream.resume import Resume, resume_of
from seqsetvae.stream.run_directory import ManifestProblem, read_manifest

#: Bytes that are read and reduced at a time, some 3,000 lines: what is kept does not grow with the log.
BLOCK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSource:
    """A run that can be read.

    Attributes:
        path: Its directory, or the file of another tool's log.
        name: One that no other run of the report has.
        log: What another tool wrote; None for a stream of ours.
    """

    path: Path
    name: str
    log: Log | None = None


def find_sources(paths: Sequence[Path]) -> list[RunSource]:
    """Return the runs in and below directories, each once, in the order of the paths and then of their names.

    A path may also be another tool's log file. Another tool's log inside of a run of ours tells the same once more, and
    is left out.

    Raises:
        InputError: there is no such path, or it holds no run.
    """
    found: dict[Path, RunSource] = {}
    for path in paths:
        sources = _sources_at(path)
        if not sources:
            reason = Message("no metrics.jsonl, TensorBoard events or metrics.csv is in it or below")
            raise InputError("{path} holds no run: {reason}; name another directory", path=path, reason=reason)
        for source in sorted(sources, key=lambda source: source.name):
            found.setdefault(source.path, source)
    counts = Counter(source.name for source in found.values())
    # The same name below two directories: both are then called by their whole path.
    return [
        source if counts[source.name] == 1 else replace(source, name=source.path.as_posix())
        for source in found.values()
    ]


def _sources_at(path: Path) -> list[RunSource]:
    if not path.exists():
        raise InputError("{path} does not exist; give a directory that holds runs, or a run's own directory", path=path)
    if not path.is_dir():
        log = log_at(path)
        if log is None:
            raise InputError("{path} is no log that can be read by itself; give the directory that holds it", path=path)
        return [RunSource(path=path.resolve(), name=log.name, log=log)]
    ours = [RunSource(path=run.path.resolve(), name=run.name) for run in find_logs(path, (LogFormat.JSONL,))]
    taken = {source.path for source in ours}
    theirs = [RunSource(path=log.path.resolve(), name=log.name, log=log) for log in find_logs(path, FOREIGN)]
    return ours + [source for source in theirs if not taken.intersection({source.path, *source.path.parents})]


def load_run(source: RunSource, plain: PlainLines | None = None) -> RunCurves:
    """Read a run; what cannot be read of it is among its problems.

    Args:
        source: The run.
        plain: What reads plain lines; one for all runs of a sweep learns their keys once.
    """
    if source.log is not None:
        return load_log(source.log, source.name)
    found = read_manifest(source.path / "run.json")
    manifest = None if isinstance(found, ManifestProblem) else found
    problems = [found.reason] if isinstance(found, ManifestProblem) and not found.missing else []
    config = {} if manifest is None else manifest.config
    thresholds, unusable = thresholds_in(config)
    problems += unusable
    reading = StreamReader(source.path, PlainLines() if plain is None else plain)
    collector = RunCollector(thresholds)
    for block in reading.blocks():
        collector.add(block)
    return RunCurves(
        name=source.name,
        path=source.path,
        curves=collector.curves(),
        thresholds=thresholds,
        history=collector.history,
        changes=tuple(collector.changes),
        reported=reading.reported,
        manifest=manifest,
        config=config,
        total_steps=None if manifest is None else manifest.total_steps,
        last_step=collector.last_step,
        problems=(*problems, *reading.problems()),
    )


class StreamReader:
    """Reads the metrics of a run's directory, without the points that a resumption made void.

    Args:
        run: The directory.
        plain: What reads plain lines.
    """

    def __init__(self, run: Path, plain: PlainLines) -> None:
        self._run = run
        self._plain = plain
        self._bad_lines = 0
        self._unreadable: list[str] = []
        #: The step of the first event of each level.
        self.reported: dict[Level, int] = {}

    def blocks(self) -> Iterator[Block]:
        """Yield the run's lines in their order; a last line that is not whole is not one yet."""
        resumes: list[Resume] = []
        for event in self._events():
            resume = resume_of(event)
            if resume is not None:
                resumes.append(resume)
            if event.level in LEVELS:
                self.reported.setdefault(event.level, event.step)
        offset = 0
        for lines in self._line_blocks("metrics.jsonl"):
            block = block_of_lines(lines, self._plain)
            self._bad_lines += block.bad_lines
            ends = offset + np.cumsum([len(line) for line in lines])
            if resumes:
                drop_superseded(block, np.concatenate([[offset], ends[:-1]]), resumes)
            offset = int(ends[-1])
            yield block

    def problems(self) -> tuple[str, ...]:
        """Return what could not be read so far, a sentence each."""
        bad = [f"{self._bad_lines:,} of its lines are damaged and were left out"] if self._bad_lines else []
        return (*self._unreadable, *bad)

    def _events(self) -> Iterator[EventRecord]:
        for lines in self._line_blocks("events.jsonl"):
            for line in lines:
                try:
                    yield decode_event(line)
                except BadLine:
                    self._bad_lines += 1

    def _line_blocks(self, name: str) -> Iterator[list[bytes]]:
        """Yield whole lines, some `BLOCK` bytes of them at a time; none where there is no such file."""
        try:
            with (self._run / name).open("rb") as file:
                while lines := file.readlines(BLOCK):
                    if not lines[-1].endswith(b"\n"):
                        lines.pop()
                    if lines:
                        yield lines
        except FileNotFoundError:
            return
        except OSError as error:
            self._unreadable.append(f"{self._run / name} cannot be read: {error.strerror or error}")
