"""A detector over a log: what would it have said, and when? With the run's own thresholds, what the run wrote."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

from seqsetvae.collapse.detector import make_detector
from seqsetvae.collapse.observation import Observation, observation_of
from seqsetvae.collapse.thresholds import Thresholds
from seqsetvae.collapse.verdict import Verdict
from seqsetvae.small_file import open_nonblocking
from seqsetvae.stream.codec import BadLine, decode_event, decode_metrics
from seqsetvae.stream.records import EventRecord, Manifest
from seqsetvae.stream.resume import is_superseded, resumes_of
from seqsetvae.stream.run_directory import EVENTS, MANIFEST, METRICS, read_manifest


def replay(observations: Iterable[Observation], thresholds: Thresholds) -> Iterator[Verdict]:
    """Yield the verdict of each check, in order."""
    detector = make_detector(thresholds)
    for observation in observations:
        yield detector.observe(observation)


def thresholds_of(run: Path) -> Thresholds:
    """Return the detector settings that a run was started with; the defaults where its manifest tells none.

    Raises:
        ValueError: the manifest has a threshold that is out of range.
    """
    manifest = read_manifest(run / MANIFEST)
    return Thresholds.of(manifest.config) if isinstance(manifest, Manifest) else Thresholds()


def observations_of(run: Path) -> Iterator[Observation]:
    """Yield the checks in a run's directory, in order, without those that a resumption superseded.

    Lines that do not parse are passed over, and so is a last line that is not whole.

    Raises:
        OSError: the run's metrics cannot be read.
    """
    resumes = resumes_of(_events(run / EVENTS))
    offset = 0
    with _lines(run / METRICS) as file:
        for line in file:
            start, offset = offset, offset + len(line)
            if b'"posterior/' not in line or not line.endswith(b"\n"):
                continue
            try:
                record = decode_metrics(line)
            except BadLine:
                continue
            if is_superseded(resumes, step=record.step, t=record.t, offset=start):
                continue
            observation = observation_of(record.step, record.values)
            if observation is not None:
                yield observation


def _events(path: Path) -> Iterator[EventRecord]:
    if not path.exists():
        return
    with _lines(path) as file:
        for line in file:
            try:
                yield decode_event(line)
            except BadLine:
                continue


def _lines(path: Path) -> BinaryIO:
    """Open a file to be read line by line; a pipe in its place has none."""
    return cast("BinaryIO", io.BufferedReader(cast("io.RawIOBase", open_nonblocking(path))))
