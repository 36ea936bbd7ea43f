"""The checks of a posterior in another tool's log, put together from its points, and what the detector says of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from seqsetvae.collapse.detector import Detector, make_detector
from seqsetvae.collapse.observation import PREFIX, Observation, observation_of
from seqsetvae.collapse.thresholds import Thresholds
from seqsetvae.logs.block import Block, Column
from seqsetvae.logs.merged_lines import LineMerger
from seqsetvae.stream.records import EventRecord, Level, MetricsRecord
from tui.views.limit_lines import KL

JUDGE = "seqsetvae-watch"
"""Who judges, in the data of a verdict that no trainer has written."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """What a log said of the posterior at a step, and when, in unix seconds."""

    t: float
    observation: Observation


class Checks:
    """Gathers the points of a step that were logged together. The last step stays open until points of another come.

    A log without a KL of the posterior has no checks, and costs nothing here.
    """

    def __init__(self) -> None:
        self._merger = LineMerger()
        self._measured = False

    def take(self, columns: Mapping[str, Column]) -> Iterator[Check]:
        """The checks that are whole now, with the points that a look at the log gave."""
        self._measured = self._measured or KL in columns
        if self._measured:
            posterior = {name: column for name, column in columns.items() if name.startswith(PREFIX)}
            yield from _checks(self._merger.lines(Block(columns=posterior)))

    def rest(self) -> Iterator[Check]:
        """The check that is still open, if there is one."""
        yield from _checks(self._merger.rest())


def _checks(records: Iterable[MetricsRecord]) -> Iterator[Check]:
    for record in records:
        observation = observation_of(record.step, record.values)
        if observation is not None:
            yield Check(t=record.t, observation=observation)


NOTE = "this log holds no verdicts: they are the viewer's own, by the default thresholds and without a KL per dimension"
"""What is said before the first verdict. Which KL is low depends on the dimensions: no collapse is red without them."""


class Judge:
    """The detector, with its default settings: another tool's log tells none."""

    def __init__(self) -> None:
        self._detector: Detector = make_detector(Thresholds())
        self._begun = False

    def events(self, checks: Iterable[Check]) -> list[EventRecord]:
        """The verdicts that differ from those before them, as a trainer would have written them."""
        events: list[EventRecord] = []
        for check in checks:
            if not self._begun:
                self._begun = True
                step = check.observation.step
                events.append(EventRecord(t=check.t, step=step, level=Level.INFO, kind="judge", message=NOTE))
            verdict = self._detector.observe(check.observation)
            if verdict.changed:
                events.append(
                    EventRecord(
                        t=check.t,
                        step=verdict.step,
                        level=verdict.level,
                        kind="collapse",
                        message=verdict.headline,
                        data={**verdict.to_data(), "judge": JUDGE},
                    )
                )
        return events
