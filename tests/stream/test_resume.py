"""After a resumption from step N, earlier points beyond N no longer count."""

from __future__ import annotations

from seqsetvae.stream.records import EventRecord, Level
from seqsetvae.stream.resume import Resume, is_superseded, resume_of, resumes_of


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


def test_without_resumptions_everything_counts() -> None:
    assert not is_superseded((), step=10**9, t=0.0)


def test_what_was_written_before_beyond_the_step_is_void() -> None:
    resumes = (Resume(t=100.0, step=40),)
    assert is_superseded(resumes, step=41, t=99.0)
    assert not is_superseded(resumes, step=40, t=99.0)
    assert not is_superseded(resumes, step=41, t=101.0)


def test_the_place_in_the_file_decides_over_clocks_that_differ() -> None:
    resumes = (Resume(t=100.0, step=40, metrics_bytes=900),)
    assert is_superseded(resumes, step=41, t=105.0, offset=899)
    assert not is_superseded(resumes, step=41, t=95.0, offset=900)
    assert is_superseded(resumes, step=41, t=99.0), "the time, where the place is not known"


def test_each_resumption_cuts_what_came_before_it() -> None:
    first, second = Resume(t=1.0, step=50, metrics_bytes=100), Resume(t=2.0, step=20, metrics_bytes=200)
    kept = [
        (step, offset)
        for step, offset in [(20, 0), (21, 0), (50, 0), (51, 0), (20, 150), (51, 150), (51, 250)]
        if not is_superseded((first, second), step=step, t=0.0, offset=offset)
    ]
    assert kept == [(20, 0), (20, 150), (51, 250)]
