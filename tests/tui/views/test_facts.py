"""What the screen says of a run: state, pace, numbers, order of metrics."""

import math
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqsetvae.collapse.limits import limits_in_force
from seqsetvae.collapse.thresholds import PosteriorSize, Thresholds
from seqsetvae.logs.metric_names import matches
from seqsetvae.logs.series_view import Axis
from seqsetvae.logs.standing import verdict_of
from seqsetvae.stream.records import RunState
from tests.logs.reading import block_of
from tests.tui.logs import T0, ScriptedSource, lines, manifest
from tui.follow.liveness import State, judge, patience
from tui.store.run_data import RunData
from tui.views.format import clean, clock_time, duration, fit_text, number, padded, percent, relative_label, wall_label
from tui.views.latent import latent_of
from tui.views.limit_lines import Limits, limits_of
from tui.views.listed_metrics import ordered
from tui.views.metric_values import metrics_of, run_limits, trend_of
from tui.views.run_state import pace_of
from tui.views.window import ChartState, Extent, Window


@given(st.text())
def test_cleaned_text_moves_no_cursor_and_keeps_what_is_visible(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    assert not any(ord(char) < 32 or 127 <= ord(char) < 160 for char in clean(text))


def test_escapes_and_direction_marks_are_replaced_and_markup_is_left_alone() -> None:
    assert clean("\x1b]0;pwn\x07") == "�]0;pwn�"
    assert clean("a\u202eb\u2028c") == "a�b�c"
    assert clean("[bold]x[/] [00] σ²") == "[bold]x[/] [00] σ²"
    assert len(clean("x" * 10_000)) == 2_000


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0213, "0.0213"),
        (0.0001, "0.000100"),
        (1e-7, "1.0e-07"),
        (17.866, "17.87"),
        (48_213.0, "48.21k"),
        (12.0, "12"),
        (-0.5, "-0.500"),
        (3.2e9, "3.200G"),
        (0.0, "0"),
        (math.nan, "NaN"),
        (-math.inf, "-∞"),
        (None, "–"),
    ],
)
def test_numbers_are_short(value: float | None, text: str) -> None:
    assert number(value) == text


@given(st.floats())
def test_every_number_fits_its_column(value: float) -> None:
    assert len(number(value)) <= 9


def test_durations_show_their_two_largest_units() -> None:
    spans = (5.0, 185.0, 11_520.0, 187_200.0, None, math.inf, -3.0)
    assert [duration(span) for span in spans] == ["5s", "3m 05s", "3h 12m", "2d 04h", "–", "–", "0s"]


def test_only_what_is_done_is_100_percent() -> None:
    assert [percent(share) for share in (0.0, 0.4, 0.999, 1.0)] == ["0 %", "40 %", "99 %", "100 %"]


def test_times_that_no_calendar_holds_are_no_crash() -> None:
    assert clock_time(1e30) == wall_label(-1e30, 60) == "–"
    assert relative_label(7_260, 3_600) == "2h 01m"


def test_wide_characters_count_as_two_cells() -> None:
    assert fit_text("日本語", 5) == "日本…"
    assert padded("日本", 6) == "日本  "
    assert fit_text("abc", 0) == ""


def test_a_run_is_what_it_says_when_it_has_ended() -> None:
    for state in (RunState.FINISHED, RunState.INTERRUPTED, RunState.FAILED):
        assert judge(manifest("a", state=state), now=T0 + 9e9, last_write=T0).state.value == state.value


def test_a_killed_run_is_not_called_running() -> None:
    liveness = judge(manifest("a"), now=T0 + 1, last_write=T0, process_alive=False)
    assert (liveness.state, liveness.reason) == (State.INTERRUPTED, "its process is gone")


@pytest.mark.parametrize(
    ("silence", "typical", "longest", "state"),
    [
        (5, 0.1, 1.0, State.RUNNING),
        (61, 0.1, 1.0, State.STALLED),
        (300, 0.1, 200.0, State.RUNNING),
        (450, 0.1, 200.0, State.STALLED),
        (90, 5.0, 5.0, State.RUNNING),
        (1_900, 5.0, 90_000.0, State.STALLED),
    ],
)
def test_a_validation_pause_is_not_a_stall(silence: float, typical: float, longest: float, state: State) -> None:
    found = judge(
        manifest("a"), now=T0 + silence, last_write=T0, typical_gap=typical, longest_gap=longest, process_alive=True
    )
    assert found.state is state
    assert found.silence == silence


def test_clocks_that_disagree_make_no_negative_silence() -> None:
    assert judge(manifest("a"), now=T0, last_write=T0 + 50).silence == 0
    assert judge(None, now=T0, last_write=None).state is State.WAITING


@given(typical=st.none() | st.floats(0, 1e9), longest=st.none() | st.floats(0, 1e9))
def test_patience_has_bounds(typical: float | None, longest: float | None) -> None:
    assert 60 <= patience(typical, longest) <= 1800


def test_pace_tells_progress_speed_and_time_left() -> None:
    source = ScriptedSource()
    source.select("p12-latent256")
    store = source.store
    pace = pace_of(store.run("p12-latent256"), store.data("p12-latent256"), T0 + 1_000, running=True)
    assert (pace.step, pace.total, pace.elapsed) == (999, 2_000, 1_000)
    assert pace.share == pytest.approx(999 / 2_000)
    assert pace.steps_per_second == pytest.approx(1.0, rel=0.01)
    assert pace.left == pytest.approx(1_001, rel=0.01)
    assert pace.patients_per_second == 17.0


def test_pinned_metrics_come_first_then_groups_in_the_order_of_the_eye() -> None:
    names = ("zeta", "val/loss", "train/loss", "posterior/recon", "posterior/kl", "posterior/aaa", "lr/x")
    assert ordered(names) == [
        "posterior/kl",
        "posterior/recon",
        "posterior/aaa",
        "train/loss",
        "val/loss",
        "lr/x",
        "zeta",
    ]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("", True),
        ("loss", True),
        ("TRAIN loss", True),
        ("train/*", True),
        ("*kl*", False),
        ("val", False),
        ("[", False),
    ],
)
def test_filters_are_words_or_globs(pattern: str, found: bool) -> None:
    assert matches("train/loss", pattern) is found


def limits(config: Mapping[str, Any] | None = None, *, dimensions: int = 256) -> Limits:
    return limits_of(config or {}, dimensions=dimensions, sample_sets=None)


def alarms(line: bytes, limits: Limits) -> dict[str, bool]:
    """Which metrics of a line are alarmed."""
    data = RunData()
    data.apply(block_of(line))
    return {metric.name: metric.alarmed for metric in metrics_of(data, limits)}


def test_a_metric_beyond_its_limit_or_not_finite_raises_an_alarm() -> None:
    line = b'{"t":1,"step":1,"posterior/collapsed_fraction":0.95,"posterior/active_units":0.5,"train/loss":"NaN"}\n'
    assert alarms(line, limits()) == {
        "posterior/collapsed_fraction": True,
        "posterior/active_units": False,
        "train/loss": True,
    }


@pytest.mark.parametrize(
    ("kl", "variance", "alarmed"),
    [(0.3, 0.99, True), (30.0, 0.99, False), (30.0, 0.5, False), (30.0, 0.01, True)],
    ids=["the prior's", "few dimensions do all the work", "well", "over-confident"],
)
def test_a_variance_like_the_priors_alarms_only_beside_a_low_kl(kl: float, variance: float, *, alarmed: bool) -> None:
    line = f'{{"t":1,"step":1,"posterior/kl":{kl},"posterior/variance":{variance}}}\n'.encode()
    assert alarms(line, limits())["posterior/variance"] is alarmed


def test_a_metric_names_the_limit_that_it_breaks() -> None:
    data = RunData()
    data.apply(block_of(b'{"t":1,"step":1,"posterior/kl":5000,"posterior/active_units":0.5}\n'))
    labels = {m.name: m.limit.label for m in metrics_of(data, limits()) if m.limit is not None}
    assert labels == {"posterior/kl": "≤ 1024", "posterior/active_units": "≥ 0.1"}


def test_limits_are_those_of_the_runs_detector() -> None:
    detector = {limit.metric: limit.value for limit in limits_in_force(Thresholds(), dimensions=8, sample_sets=None)}
    assert limits(dimensions=8)["posterior/kl"][0].value == Thresholds().limit(
        "kl_threshold", PosteriorSize(dimensions=8)
    )
    assert set(limits(dimensions=8)) == {f"posterior/{metric}" for metric in detector}
    assert "posterior/kl" not in limits(dimensions=0)


def test_limits_follow_the_settings_in_the_manifest() -> None:
    own = limits({"kl_threshold": 2.5, "detector": "posterior", "batch_size": 4})
    assert own["posterior/kl"][0].value == 2.5
    original = limits({"detector": "original"})
    assert set(original) == {"posterior/kl", "posterior/variance", "posterior/active_units_sigma"}
    assert original["posterior/variance"][0].low


def test_a_setting_that_cannot_be_one_is_left_at_its_default() -> None:
    config = {"kl_threshold": -1, "var_threshold": "high", "active_units_threshold": 0.2, "min_checks": None}
    assert limits(config) == limits({"active_units_threshold": 0.2})


def test_a_run_without_a_manifest_has_the_default_limits() -> None:
    data = RunData()
    data.apply(block_of(b'{"t":1,"step":1,"posterior/kl":1,"posterior/sample_sets":100}\n'))
    found = run_limits(None, data)
    assert "posterior/kl" not in found
    assert found["posterior/mutual_information"][0].value == Thresholds().limit(
        "mutual_information_threshold", PosteriorSize(sample_sets=100)
    )


def test_trend_verdict_and_latent_of_a_run() -> None:
    source = ScriptedSource()
    source.select("p12-latent256")
    data = source.store.data("p12-latent256")
    assert trend_of(data.series("posterior/recon")) == -1
    assert trend_of(data.series("posterior/variance")) == 0
    assert trend_of(None) == 0
    verdict = verdict_of(data.events())
    assert verdict is not None
    assert verdict.message == "active units 9 % < 10 %"
    latent = latent_of(data)
    assert latent is not None
    assert (latent.dimensions, latent.active) == (16, 16)


def test_zooming_in_and_out_again_shows_everything() -> None:
    extent = Extent(span=Window(low=0, high=100), newest=100)
    state = ChartState().zoomed(0.5, extent)
    assert state.window == Window(low=25, high=75)
    assert state.panned(0.2, extent).window == Window(low=35, high=85)
    assert state.panned(9, extent).window == Window(low=50, high=100)
    assert state.zoomed(2, extent).window is None
    assert ChartState().panned(1, extent).window is None
    assert state.next_axis() == ChartState(axis=Axis.EPOCH)


def test_smoothing_goes_round() -> None:
    state = ChartState()
    seen = []
    for _ in range(4):
        state = state.next_smoothing()
        seen.append(state.smoothing)
    assert seen == [0.6, 0.9, 0.97, 0.0]


def test_metrics_appear_with_the_lines_that_name_them() -> None:
    data = RunData()
    data.apply(block_of(lines(1, 3)))
    before = data.layout_revision
    data.apply(block_of(lines(3, 12)))
    assert "posterior/kl" in data.names()
    assert data.layout_revision > before
