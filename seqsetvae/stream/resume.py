"""Which points a resumed run has made void.

A run that is resumed from step N goes on from there: what was written before the resumption beyond step N never
happened in the history that counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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


def is_superseded(resumes: Sequence[Resume], *, step: int, t: float, offset: int | None = None) -> bool:
    """Whether a later resumption made a point void.

    Args:
        resumes: the run's resumptions.
        step: the point's step.
        t: when it was written.
        offset: byte offset of its line in `metrics.jsonl`, if known. It decides where the resumption tells its own:
            clocks of two hosts may differ, the order in the file does not lie.
    """
    return any(step > resume.step and _came_before(resume, t, offset) for resume in resumes)


def _came_before(resume: Resume, t: float, offset: int | None) -> bool:
    if offset is not None and resume.metrics_bytes is not None:
        return offset < resume.metrics_bytes
    return t < resume.t
