"""The rate–distortion path: pairs, ranges, direction, and what is drawn where."""

import numpy as np
import pytest

from seqsetvae.logs.series import Series
from seqsetvae.logs.series_view import SeriesView
from seqsetvae.logs.trail import Trail
from tui.chart.raster import Role
from tui.chart.scale import Floats
from tui.views.rate_distortion_path import PathCourse, draw_course, find_course, heading_of, pair, range_of

NAMES = ("posterior/kl", "posterior/recon")


def view(steps: Floats, values: Floats, capacity: int = 2048) -> SeriesView:
    series = Series(capacity)
    series.append(Trail(t=steps, step=steps, epoch=np.full(len(steps), np.nan)), values)
    return series.view()


def course(rate: list[float] | Floats, distortion: list[float] | Floats) -> PathCourse:
    steps = np.arange(len(rate), dtype=float)
    return pair(view(steps, np.asarray(rate, float)), view(steps, np.asarray(distortion, float)), names=NAMES)


def test_values_of_the_same_lines_are_paired_as_they_are() -> None:
    found = course([1.0, 2.0, 3.0], [9.0, 8.0, 7.0])
    assert (found.rate.tolist(), found.distortion.tolist()) == ([1.0, 2.0, 3.0], [9.0, 8.0, 7.0])
    assert found.steps.tolist() == [0.0, 1.0, 2.0]


def test_long_series_of_the_same_lines_are_paired_by_bucket() -> None:
    steps = np.arange(1_000.0)
    found = pair(view(steps, steps, 16), view(steps, 2 * steps, 16), names=NAMES)
    assert len(found) < 17
    np.testing.assert_allclose(found.distortion, 2 * found.rate)


def test_a_metric_of_other_lines_is_taken_between_its_neighbours_and_not_beyond_its_ends() -> None:
    rate = view(np.array([0.0, 10.0, 15.0, 20.0, 30.0]), np.array([1.0, 2.0, 3.0, 4.0, 5.0]))
    distortion = view(np.array([10.0, 20.0]), np.array([8.0, 6.0]))
    found = pair(rate, distortion, names=NAMES)
    assert found.steps.tolist() == [10.0, 15.0, 20.0]
    assert found.distortion.tolist() == [8.0, 7.0, 6.0]


def test_what_is_not_finite_is_left_out_and_counted() -> None:
    found = course([1.0, np.nan, 3.0, 4.0], [9.0, 8.0, np.inf, 6.0])
    assert (found.rate.tolist(), found.skipped) == ([1.0, 4.0], 2)


def test_the_surer_pair_is_taken_and_the_other_where_it_is_missing() -> None:
    line = view(np.arange(3.0), np.arange(3.0))
    everything = dict.fromkeys(("posterior/kl", "posterior/recon", "train/kl", "train/recon"), line)
    found = find_course(everything.get)
    assert isinstance(found, PathCourse)
    assert found.rate_name == "posterior/kl"
    del everything["posterior/recon"]
    found = find_course(everything.get)
    assert isinstance(found, PathCourse)
    assert (found.rate_name, found.distortion_name) == ("train/kl", "train/recon")


def test_what_a_log_lacks_is_said() -> None:
    kl = {"posterior/kl": view(np.arange(3.0), np.arange(3.0))}
    assert find_course(kl.get) == "no posterior/recon in this log: the path needs both"
    assert (
        find_course({"lr/adamw": kl["posterior/kl"]}.get)
        == "no posterior/kl and no posterior/recon in this log: the path needs both"
    )
    broken = {**kl, "posterior/recon": view(np.arange(3.0), np.full(3, np.nan))}
    assert find_course(broken.get) == "posterior/kl and posterior/recon have no finite value in common yet"


def test_a_spike_does_not_flatten_the_path_and_is_counted() -> None:
    rate = np.linspace(1, 2, 500)
    distortion = np.linspace(5, 4, 500)
    distortion[250] = 1e6
    span = range_of(course(rate, distortion))
    assert span.y[1] < 6
    assert span.beyond == 1


def test_the_newest_point_is_always_in_sight() -> None:
    distortion = np.linspace(5, 4, 500)
    distortion[-1] = 100.0
    assert range_of(course(np.linspace(1, 2, 500), distortion)).y[1] == 100.0


@pytest.mark.parametrize(
    ("rate", "distortion", "words"),
    [
        (-1, +1, "left and up: z says less, sets are reconstructed worse"),
        (-1, 0, "left: z says less"),
        (0, +1, "up: sets are reconstructed worse"),
        (0, -1, "down: sets are reconstructed better"),
        (+1, 0, "right: z says more"),
    ],
)
def test_the_direction_of_its_end_is_named(rate: int, distortion: int, words: str) -> None:
    way = np.concatenate([np.zeros(60), np.linspace(0, 0.5, 20)])
    ends = np.array([0.0, 2.0])  # so that the path has a range of its own
    found = course(np.concatenate([ends, 1 + rate * way]), np.concatenate([ends, 1 + distortion * way]))
    assert heading_of(found) == words


def test_a_posterior_that_has_collapsed_rests_where_it_said_least() -> None:
    fallen = np.concatenate([np.linspace(8, 0, 50), np.zeros(50)])
    assert heading_of(course(fallen, 2 - fallen / 8)) == "at rest where z said least"


def test_start_and_end_stand_at_their_places_and_the_end_is_bright() -> None:
    raster = draw_course(course(np.linspace(0, 1, 100), np.linspace(0, 1, 100)), 40, 16)
    rows = raster.plain().split("\n")
    assert "●" in rows[1]
    assert "○" in rows[13]
    assert rows[1].index("●") > rows[13].index("○")
    assert "reconstruction loss" in rows[0]
    assert "KL, nats a set" in rows[15]
    line = raster.roles[1:14, 6:] == Role.LINE
    faint = raster.roles[1:14, 6:] == Role.AXIS
    assert line.any()
    assert line.nonzero()[1].min() > faint.nonzero()[1].max() - 1


@pytest.mark.parametrize("size", [(0, 0), (1, 1), (10, 3), (24, 7), (200, 60)])
@pytest.mark.parametrize(
    "values",
    [([1.0], [2.0]), ([1.0, 1.0, 1.0], [2.0, 2.0, 2.0]), ([0.0, 1e300], [-1e300, 1e300]), ([], [])],
    ids=["one point", "at rest", "enormous", "empty"],
)
def test_every_path_is_drawn_at_every_size(size: tuple[int, int], values: tuple[list[float], list[float]]) -> None:
    raster = draw_course(course(*values), *size)
    assert (raster.width, raster.height) == size
    assert ("●" in raster.plain()) == bool(values[0] and size[0])
