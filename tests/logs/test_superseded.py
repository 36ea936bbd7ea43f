"""After a resumption from step N, earlier points beyond N no longer count."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from seqsetvae.logs.superseded import superseded
from seqsetvae.logs.trail import Trail
from seqsetvae.stream.resume import Resume
from tests.superseding import is_superseded

RESUMES = st.builds(
    Resume, t=st.integers(0, 9).map(float), step=st.integers(0, 9), metrics_bytes=st.none() | st.integers(0, 9)
)
POINTS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)), max_size=20)


def is_gone(resumes: Sequence[Resume], *, step: int, t: float, offset: int | None = None) -> bool:
    trail = Trail(t=np.array([t]), step=np.array([float(step)]), epoch=np.array([np.nan]))
    return bool(superseded(trail, resumes, None if offset is None else np.array([offset]))[0])


@given(resumes=st.lists(RESUMES, max_size=4), points=POINTS)
def test_many_points_at_once_are_as_one_after_the_other(
    resumes: list[Resume], points: list[tuple[int, int, int]]
) -> None:
    step, t, offset = np.array(points, np.float64).reshape(-1, 3).T
    trail = Trail(t=t, step=step, epoch=t)
    for offsets in (None, offset.astype(np.int64)):
        one_by_one = [
            is_superseded(resumes, step=step, t=t, offset=None if offsets is None else place)
            for step, t, place in points
        ]
        assert superseded(trail, resumes, offsets).tolist() == one_by_one


def test_without_resumptions_everything_counts() -> None:
    assert not is_gone((), step=10**9, t=0.0)


def test_what_was_written_before_beyond_the_step_is_superseded() -> None:
    resumes = (Resume(t=100.0, step=40),)
    assert is_gone(resumes, step=41, t=99.0)
    assert not is_gone(resumes, step=40, t=99.0)
    assert not is_gone(resumes, step=41, t=101.0)


def test_the_place_in_the_file_decides_over_clocks_that_differ() -> None:
    resumes = (Resume(t=100.0, step=40, metrics_bytes=900),)
    assert is_gone(resumes, step=41, t=105.0, offset=899)
    assert not is_gone(resumes, step=41, t=95.0, offset=900)
    assert is_gone(resumes, step=41, t=99.0), "the time, where the place is not known"


def test_each_resumption_cuts_what_came_before_it() -> None:
    first, second = Resume(t=1.0, step=50, metrics_bytes=100), Resume(t=2.0, step=20, metrics_bytes=200)
    kept = [
        (step, offset)
        for step, offset in [(20, 0), (21, 0), (50, 0), (51, 0), (20, 150), (51, 150), (51, 250)]
        if not is_gone((first, second), step=step, t=0.0, offset=offset)
    ]
    assert kept == [(20, 0), (20, 150), (51, 250)]
