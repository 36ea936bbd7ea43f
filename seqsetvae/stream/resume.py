"""Resumptions: events from which on a run goes on from an earlier step.

A run that is resumed from step N goes on from there: what was written before the resumption beyond step N never
happened in the history that counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from seqsetvae.stream.records import EventRecord

RESUMED = "resumed"
"""Kind of the event that a resumed run writes; its data holds `step` and `metrics_bytes`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Resume:
    """One resumption: at time `t`, from `step`, when `metrics.jsonl` held `metrics_bytes` (None: unknown)."""

    t: float
    step: int
    metrics_bytes: int | None = None


def resume_of(event: EventRecord) -> Resume | None:
    """The resumption that an event tells of, or None."""
    if event.kind != RESUMED:
        return None
    step, size = event.data.get("step", event.step), event.data.get("metrics_bytes")
    return Resume(
        t=event.t,
        step=step if type(step) is int else event.step,
        metrics_bytes=size if type(size) is int else None,
    )


def resumes_of(events: Iterable[EventRecord]) -> tuple[Resume, ...]:
    """All resumptions among events."""
    return tuple(resume for event in events if (resume := resume_of(event)) is not None)
