"""From directories to runs: which there are, and each of them read once, a line at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seqsetvae.analysis.block import Block, block_of_lines, drop_superseded
from seqsetvae.analysis.plain_lines import PlainLines
from seqsetvae.analysis.run_curves import RunCollector, RunCurves, thresholds_in
from seqsetvae.collapse.verdict import LEVELS
from seqsetvae.data.errors import InputError
from seqsetvae.stream.codec import BadLine, decode_event
from seqsetvae.stream.discovery import ManifestProblem, find_runs, read_manifest
from seqsetvae.stream.records import EventRecord, Level
from seqsetvae.stream.supersede import Resume, resume_of

#: Bytes that are read and reduced at a time, some 3,000 lines: what is kept does not grow with the log.
BLOCK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSource:
    """A run that can be read: its directory, and a name that no other run of the report has."""

    path: Path
    name: str


def find_sources(paths: Sequence[Path]) -> list[RunSource]:
    """Return the runs in and below directories, each once, in the order of the paths and then of their names.

    Raises:
        InputError: a path is no directory, or holds no run.
    """
    found: dict[Path, str] = {}
    for path in paths:
        if not path.is_dir():
            hint = "is no directory" if path.exists() else "does not exist"
            raise InputError(f"{path} {hint}; give a directory that holds runs, or a run's own directory")
        runs = sorted(find_runs(path), key=lambda run: run.name)
        if not runs:
            raise InputError(f"{path} holds no run: there is no metrics.jsonl in it or below; name another directory")
        for run in runs:
            found.setdefault(run.path.resolve(), run.name)
    counts = Counter(found.values())
    # The same name below two directories: both are then called by their whole path.
    return [RunSource(path=path, name=name if counts[name] == 1 else path.as_posix()) for path, name in found.items()]


def load_run(source: RunSource, plain: PlainLines | None = None) -> RunCurves:
    """Read a run; what cannot be read of it is among its problems.

    Args:
        source: The run.
        plain: What reads plain lines; one for all runs of a sweep learns their keys once.
    """
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
        told=reading.told,
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
        self.told: dict[Level, int] = {}

    def blocks(self) -> Iterator[Block]:
        """Yield the run's lines in their order; a last line that is not whole is not one yet."""
        resumes: list[Resume] = []
        for event in self._events():
            resume = resume_of(event)
            if resume is not None:
                resumes.append(resume)
            if event.level in LEVELS:
                self.told.setdefault(event.level, event.step)
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
