"""Resumptions among the events of a run."""

from __future__ import annotations

from seqsetvae.stream.records import EventRecord, Level
from seqsetvae.stream.resume import Resume, resume_of, resumes_of


def event(kind: str = "resumed", **data: object) -> EventRecord:
    return EventRecord(t=100.0, step=40, level=Level.INFO, kind=kind, data=data)


def test_only_resumed_events_are_resumptions() -> None:
    assert resumes_of([event("collapse", step=3), event(step=40, metrics_bytes=900)]) == (
        Resume(t=100.0, step=40, metrics_bytes=900),
    )


def test_an_event_without_data_counts_by_its_own_step() -> None:
    assert resume_of(event()) == Resume(t=100.0, step=40)


def test_damaged_data_is_not_believed() -> None:
    assert resume_of(event(step="forty", metrics_bytes=1.5)) == Resume(t=100.0, step=40)
