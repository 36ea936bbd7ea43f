"""What the chart says in words."""

import numpy as np
import pytest
from rich.cells import cell_len

from seqsetvae.logs.series import Series
from seqsetvae.logs.series_view import Axis, Bucket
from seqsetvae.logs.trail import Trail
from tests.tui.logs import T0, ZONE
from tui.chart.scale import ScaleKind, fit
from tui.panes.legend import legend, readout, settings, title
from tui.views.curves import ChartContent, RunCurve
from tui.views.window import ChartState, Window

NAN, INF = float("nan"), float("inf")


def curve(run: str, values: list[float], kind: int | None = None) -> RunCurve:
    steps = np.arange(len(values), dtype=np.float64)
    series = Series()
    series.append(Trail(t=T0 + steps, step=steps, epoch=steps / 100), np.array(values))
    view = series.view()
    return RunCurve(run=run, kind=kind, whole=view, shown=view, origin=T0)


def text(content: ChartContent, x: float | None, width: int) -> list[str]:
    return ["".join(part for part, _ in line) for line in legend(content, x, width)]


def bucket(**given: float) -> Bucket:
    numbers = {"step": 1_200.0, "epoch": 1.5, "t": T0 + 3_700, "low": NAN, "high": NAN, "mean": NAN}
    counts = {"count": 0, "nan": 0, "above": 0, "below": 0}
    return Bucket(**{**numbers, **counts, **given})  # type: ignore[arg-type]


def test_one_point_is_reported_with_its_value_and_several_with_their_range() -> None:
    one = readout(bucket(count=1, mean=0.5, low=0.5, high=0.5), T0, ZONE)
    assert one == "0.500 at step 1,200 · 23:15:00 · 1h 01m · epoch 1.5"
    many = readout(bucket(count=1_000, mean=0.5, low=-1.0, high=99.0, nan=2), T0, ZONE)
    assert many.startswith("≈0.500 at step 1,200 · -1 to 99, 1,002 points · 2 not finite · 23:15:00")


@pytest.mark.parametrize(("lost", "said"), [("nan", "NaN"), ("above", "+∞"), ("below", "-∞")])
def test_what_is_no_number_is_reported_as_it_is(lost: str, said: str) -> None:
    assert readout(bucket(epoch=NAN, **{lost: 1}), T0, ZONE) == f"{said} at step 1,200 · 23:15:00 · 1h 01m"


def test_each_run_has_its_sign_its_name_and_its_value() -> None:
    content = ChartContent(state=ChartState(), own=curve("a", [1.0, 2.0]), others=(curve("b", [3.0, 4.0], kind=1),))
    assert text(content, None, 80) == [" ━ a 2  □ b 4 "]
    assert text(content, 0.0, 80) == [" ━ a 1  □ b 3 "]


def test_a_run_that_ended_before_a_place_has_no_value_there() -> None:
    content = ChartContent(state=ChartState(), own=curve("a", [1.0] * 9), others=(curve("b", [3.0], kind=1),))
    assert text(content, 8.0, 80) == [" ━ a 1  □ b – "]


def test_long_and_wide_names_share_two_lines() -> None:
    others = tuple(curve("名前" * 20 + str(kind), [1.0], kind) for kind in range(3))
    content = ChartContent(state=ChartState(), own=curve("x" * 50, [1.0]), others=others)
    found = text(content, None, 60)
    assert len(found) == 2
    assert all(cell_len(line) <= 60 and line.count("…") == 2 for line in found)


def test_a_narrow_heading_leaves_out_the_group_of_the_metric() -> None:
    content = ChartContent(state=ChartState(metric="posterior/kl"), own=curve("a", [1.0]))
    found = bucket(count=1, mean=1.0)
    assert title(content, found, ZONE, 100).startswith("posterior/kl  ┃ 1 at step")
    assert title(content, found, ZONE, 40).startswith("kl  ┃ 1 at step")


def test_a_log_axis_that_reaches_zero_says_where_it_is_linear() -> None:
    content = ChartContent(state=ChartState(log=True))
    assert settings(content, fit(0.1, 10, ScaleKind.LOG)) == "x: step · log"
    assert settings(content, fit(0.0, 10, ScaleKind.LOG, smallest=0.01)) == "x: step · log, linear within ±0.01"
    assert settings(content, fit(-5.0, -1.0, ScaleKind.LOG)).startswith("x: step · log, linear within ±0.0005")


def test_a_window_that_goes_on_with_the_run_says_so_only_while_it_grows() -> None:
    state = ChartState(axis=Axis.EPOCH, window=Window(low=0, high=1), newest=1)
    assert settings(ChartContent(state=state, growing=True), None).endswith("zoomed, following · 0 shows all")
    assert settings(ChartContent(state=state, growing=False), None).endswith("· zoomed · 0 shows all")


def test_points_that_are_on_their_way_are_announced() -> None:
    assert settings(ChartContent(state=ChartState(), reading=True), None).endswith("reading the points …")
