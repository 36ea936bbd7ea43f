"""Lists over time in bounded memory."""

from __future__ import annotations

import numpy as np
import pytest

from seqsetvae.logs.vector_series import MAX_LENGTH, VectorSeries


def test_list_histories_stay_bounded_and_end_with_the_newest_record() -> None:
    series = VectorSeries(capacity=8)
    for step in range(1_001):
        series.append(step, np.array([float(step), 1.0]))
    view = series.view()
    assert len(view.rows) <= 9
    assert view.rows[-1].tolist() == [1000.0, 1.0]
    assert (np.diff(view.rows[:, 0]) > 0).all()
    series.append(1_001, np.ones(5))
    assert series.view().rows.shape == (1, 5)


def test_a_bucket_has_the_mean_of_its_lists_and_their_last_step() -> None:
    series = VectorSeries(capacity=4)
    for step in range(10):
        series.append(step, np.array([float(step)]))
    view = series.view()
    assert view.steps.tolist() == [3, 7, 9]
    assert view.rows[:, 0].tolist() == pytest.approx([1.5, 5.5, 9])


def test_a_copy_does_not_follow() -> None:
    series = VectorSeries()
    series.append(1, np.array([1.0, 2.0]))
    copy = series.copy()
    series.append(2, np.array([3.0, 4.0]))
    assert (len(copy), copy.view().rows.tolist()) == (1, [[1.0, 2.0]])


def test_long_lists_are_cut() -> None:
    series = VectorSeries()
    series.append(1, np.arange(MAX_LENGTH + 5.0))
    assert series.view().rows.shape == (1, MAX_LENGTH)
