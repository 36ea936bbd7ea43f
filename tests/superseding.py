"""Which points a resumption superseded, one by one: the plain way that the fast one is held to."""

from __future__ import annotations

from collections.abc import Sequence

from seqsetvae.stream.resume import Resume


def is_superseded(resumes: Sequence[Resume], *, step: int, t: float, offset: int | None = None) -> bool:
    """Whether a later resumption superseded a point; `offset` is the byte of its line in `metrics.jsonl`."""
    return any(step > resume.step and _came_before(resume, t, offset) for resume in resumes)


def _came_before(resume: Resume, t: float, offset: int | None) -> bool:
    if offset is not None and resume.metrics_bytes is not None:
        return offset < resume.metrics_bytes
    return t < resume.t
