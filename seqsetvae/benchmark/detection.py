"""How well detectors judge runs of known fate: false alarms, misses, delays."""

from __future__ import annotations

import gzip
import io
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from seqsetvae.collapse.observation import Observation, observation_of
from seqsetvae.collapse.replay import replay
from seqsetvae.collapse.thresholds import DetectorName, Thresholds
from seqsetvae.collapse.verdict import Verdict
from seqsetvae.errors import InputError
from seqsetvae.small_file import read_small_file
from seqsetvae.stream.records import Level
from seqsetvae.stream.values import restored
from seqsetvae.strict_json import decode

_LARGEST = 4 << 20
"""Bytes of a stream, compressed or not; those that are kept have up to 160 KB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """A run of known fate.

    Attributes:
        name, kind, half: As planned; see `benchmarks/collapse`.
        settings: The run's settings.
        observations: Its checks.
        fate: `alive`, `dead`, `weak` for what is neither, or `other` for trouble that is not a collapse.
        onset: Step from which held-out sets found the posterior dead, or None.
    """

    name: str
    kind: str
    half: str
    fate: str
    settings: Mapping[str, Any]
    observations: tuple[Observation, ...]
    onset: int | None

    def verdicts(self, detector: DetectorName) -> list[Verdict]:
        """Return what a detector says of each check."""
        return list(replay(self.observations, replace(Thresholds.of(self.settings), detector=detector)))


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionOutcome:
    """What a detector made of a run.

    Attributes:
        trace: The run.
        highest: The highest level it gave.
        final: The level at the end.
        condition: The name at the highest level.
        orange_delay, red_delay: Checks from onset to the first orange or red; negative is early; None where either is
            missing.
    """

    trace: Trace
    highest: Level
    final: Level
    condition: str
    orange_delay: int | None
    red_delay: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionRow:
    """One kind of run under one detector; counts of runs, delays in checks."""

    detector: str
    fate: str
    kind: str
    runs: int
    yellow: int
    orange: int
    red: int
    orange_delay: float | None
    red_delay: float | None


def read_traces(directory: Path) -> list[Trace]:
    """Return the runs in a directory of compact streams, by name.

    Raises:
        InputError: there are none, or a file is not one.
    """
    files = sorted(directory.glob("*.jsonl.gz"))
    if not files:
        raise InputError(
            "{path} holds no *.jsonl.gz; make some with python -m benchmarks.collapse.train_runs", path=directory
        )
    return [_read(file) for file in files]


def _read(file: Path) -> Trace:
    try:
        head, *checks = [restored(decode(line)) for line in _unpacked(file).splitlines()]
        found = (observation_of(check["step"], check) for check in checks)
        return Trace(
            name=head["name"],
            kind=head["kind"],
            half=head["half"],
            fate=head["fate"],
            settings=head["settings"],
            observations=tuple(observation for observation in found if observation is not None),
            onset=head["onset"],
        )
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            "{path} is not a stream of the collapse benchmark: {kind}: {reason}",
            path=file,
            kind=type(error).__name__,
            reason=error,
        ) from error


def _unpacked(file: Path) -> bytes:
    with gzip.open(io.BytesIO(read_small_file(file, _LARGEST))) as unpacked:
        content = unpacked.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise ValueError(f"it unpacks to more than {_LARGEST >> 20} MiB")
    return content


def outcome_of(trace: Trace, detector: DetectorName) -> DetectionOutcome:
    """Return what a detector makes of a run."""
    verdicts = trace.verdicts(detector)
    highest = max((verdict.level for verdict in verdicts), key=lambda level: level.severity)
    return DetectionOutcome(
        trace=trace,
        highest=highest,
        final=verdicts[-1].level,
        condition=str(next(verdict.condition for verdict in verdicts if verdict.level == highest)),
        orange_delay=_delay(trace, verdicts, Level.ORANGE),
        red_delay=_delay(trace, verdicts, Level.RED),
    )


def _delay(trace: Trace, verdicts: Sequence[Verdict], level: Level) -> int | None:
    steps = [verdict.step for verdict in verdicts]
    raised = [verdict.step for verdict in verdicts if verdict.level.severity >= level.severity]
    if trace.onset is None or not raised:
        return None
    return steps.index(raised[0]) - steps.index(trace.onset)


def table(outcomes: Iterable[DetectionOutcome], detector: str) -> list[DetectionRow]:
    """Return one row for each fate and kind: what became of the posterior, and what was done to it."""
    groups: dict[tuple[str, str], list[DetectionOutcome]] = {}
    for outcome in outcomes:
        groups.setdefault((outcome.trace.fate, outcome.trace.kind), []).append(outcome)
    return [_row(detector, fate, kind, members) for (fate, kind), members in sorted(groups.items())]


def _row(detector: str, fate: str, kind: str, members: Sequence[DetectionOutcome]) -> DetectionRow:
    def at_least(level: Level) -> int:
        return sum(outcome.highest.severity >= level.severity for outcome in members)

    return DetectionRow(
        detector=detector,
        fate=fate,
        kind=kind,
        runs=len(members),
        yellow=at_least(Level.YELLOW),
        orange=at_least(Level.ORANGE),
        red=at_least(Level.RED),
        orange_delay=median(outcome.orange_delay for outcome in members),
        red_delay=median(outcome.red_delay for outcome in members),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A detector over all runs that were trained to live or to collapse; delays are medians in checks.

    Attributes:
        alive, dead: Runs by fate; the others are left out.
        false_orange, false_red: Of the living, how many were called that or worse.
        caught: Of the dead, how many were called red.
        orange_delay, red_delay: From onset.
    """

    alive: int
    dead: int
    false_orange: int
    false_red: int
    caught: int
    orange_delay: float | None
    red_delay: float | None


def summarize(outcomes: Iterable[DetectionOutcome]) -> Summary:
    """Return the figures that decide whether a detector is right."""
    judged = list(outcomes)
    alive = [outcome.highest.severity for outcome in judged if outcome.trace.fate == "alive"]
    dead = [outcome for outcome in judged if outcome.trace.fate == "dead"]
    return Summary(
        alive=len(alive),
        dead=len(dead),
        false_orange=sum(severity >= Level.ORANGE.severity for severity in alive),
        false_red=sum(severity >= Level.RED.severity for severity in alive),
        caught=sum(outcome.highest is Level.RED for outcome in dead),
        orange_delay=median(outcome.orange_delay for outcome in dead),
        red_delay=median(outcome.red_delay for outcome in dead),
    )


def as_plain(outcome: DetectionOutcome) -> dict[str, Any]:
    """Return an outcome as plain values."""
    trace = outcome.trace
    return {
        "kind": trace.kind, "onset": trace.onset, "highest": str(outcome.highest), "condition": outcome.condition,
        "final": str(outcome.final), "orange_delay": outcome.orange_delay, "red_delay": outcome.red_delay,
    }  # fmt: skip


def median(delays: Iterable[int | None]) -> float | None:
    """Return the median of the delays that there are."""
    found = [delay for delay in delays if delay is not None]
    return float(statistics.median(found)) if found else None
