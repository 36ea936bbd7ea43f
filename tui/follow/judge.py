"""What the detector says of the checks in another tool's log, which holds no verdicts."""

from __future__ import annotations

from collections.abc import Iterable

from seqsetvae.collapse.detector import Detector, make_detector
from seqsetvae.collapse.thresholds import Thresholds
from seqsetvae.logs.block import Block
from seqsetvae.logs.checks import Check, Checks
from seqsetvae.stream.records import EventRecord, Level

JUDGE = "seqsetvae-watch"
"""Who judges, in the data of a verdict that no trainer has written."""

NOTE = "this log holds no verdicts: they are the viewer's own, by the default thresholds and without a KL per dimension"
"""What is said before the first verdict. Which KL is low depends on the dimensions: no collapse is red without them."""


class Judge:
    """The detector, with its default settings: another tool's log tells none."""

    def __init__(self) -> None:
        self._checks = Checks()
        self._detector: Detector = make_detector(Thresholds())
        self._begun = False

    def feed(self, block: Block) -> list[EventRecord]:
        """The verdicts on the checks of a block, as a trainer would have written them: those that differ."""
        return self._events(self._checks.feed(block))

    def rest(self) -> list[EventRecord]:
        """The verdict on the check that is still open."""
        return self._events(self._checks.rest())

    def _events(self, checks: Iterable[Check]) -> list[EventRecord]:
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
