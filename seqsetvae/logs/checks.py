"""The checks of a posterior that a log holds, as the detector sees them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from seqsetvae.collapse.observation import PREFIX, Observation, observation_of
from seqsetvae.collapse.thresholds import Thresholds
from seqsetvae.logs.block import Block
from seqsetvae.logs.discovery import log_of
from seqsetvae.logs.log import Log
from seqsetvae.logs.merged_lines import LineMerger, records_of
from seqsetvae.logs.opening import open_log
from seqsetvae.logs.whole_log import WholeLog
from seqsetvae.stream.records import MetricsRecord

_KL = f"{PREFIX}kl"


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """What a log said of the posterior at a step, and when, in unix seconds."""

    t: float
    observation: Observation


class Checks:
    """Gathers the posterior's numbers of a step that were logged together.

    In a log whose points have no lines, the last step stays open until points of another come. A log without a KL of
    the posterior has no checks, and costs nothing here.
    """

    def __init__(self) -> None:
        self._merger = LineMerger()
        self._measured = False

    def feed(self, block: Block) -> Iterator[Check]:
        """The checks that are whole now, with the points of the next block of the log."""
        self._measured = self._measured or _KL in block.columns
        if self._measured:
            posterior = {name: column for name, column in block.columns.items() if name.startswith(PREFIX)}
            vectors = {name: column for name, column in block.vectors.items() if name.startswith(PREFIX)}
            yield from _checks(records_of(self._merger.feed(replace(block, columns=posterior, vectors=vectors))))

    def rest(self) -> Iterator[Check]:
        """The check that is still open, if there is one."""
        yield from _checks(records_of(self._merger.rest()))


def observations_in(log: Log) -> Iterator[Observation]:
    """The checks in a log, in order, without those that a resumption superseded.

    Raises:
        InputError: it cannot be read.
    """
    checks = Checks()
    for block in WholeLog(log, prefix=PREFIX).blocks():
        for check in checks.feed(block):
            yield check.observation
    for check in checks.rest():
        yield check.observation


def observations_of(run: Path) -> Iterator[Observation]:
    """The checks in the log of a run's directory; see `observations_in`.

    Raises:
        InputError: there is no log, or it cannot be read.
    """
    return observations_in(log_of(run))


def thresholds_of(run: Path) -> Thresholds:
    """The detector settings that a run was started with; the defaults where its log tells none.

    Raises:
        ValueError: there is no log, or it tells a threshold that is out of range.
    """
    return Thresholds.of(open_log(log_of(run)).facts.config)


def _checks(records: Iterable[MetricsRecord]) -> Iterator[Check]:
    for record in records:
        observation = observation_of(record.step, record.values)
        if observation is not None:
            yield Check(t=record.t, observation=observation)
