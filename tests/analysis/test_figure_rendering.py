"""What a person sees in the figures: asserted on their axes, lines and words."""

from __future__ import annotations

import math
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from seqsetvae.analysis.curve_panel import COARSE_POINTS
from seqsetvae.analysis.figure_rendering import COLUMNS, draw_figure, rendered
from seqsetvae.analysis.report_figures import FIGURES, ReportFigure
from seqsetvae.analysis.run_curves import RunCurves
from seqsetvae.analysis.run_styles import STYLES, Comparison, comparison_of, run_style
from tests.analysis.runs import Values, collapsing, loaded, training, whole

BY_STEM = {spec.stem: spec for spec in FIGURES}


def comparison(*runs: RunCurves, smooth: float = 0.0) -> Comparison:
    return comparison_of(runs, smooth=smooth)


def axes_of(stem: str, compared: Comparison) -> dict[str, Axes]:
    """The panels of a spec by their titles."""
    return {ax.get_title(loc="left"): ax for ax in draw_figure(BY_STEM[stem], compared).axes}


def lines(ax: Axes, label: str = "run") -> list[list[tuple[float, float]]]:
    found = []
    for line in ax.lines:
        if line.get_label() == label:
            xs, ys = np.asarray(line.get_xdata(), dtype=float), np.asarray(line.get_ydata(), dtype=float)
            found.append(list(zip(xs.tolist(), ys.tolist(), strict=True)))
    return found


def words(ax: Axes) -> str:
    return "\n".join([*(text.get_text() for text in ax.texts), ax.get_title(loc="right")])


def legend_of(figure: Figure) -> list[str]:
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]


@pytest.fixture
def healthy(tmp_path: Path) -> RunCurves:
    return loaded(tmp_path / "healthy")


@pytest.fixture
def collapsed(tmp_path: Path) -> RunCurves:
    return loaded(tmp_path / "collapsed", collapsing)


def test_the_figures_are_these() -> None:
    assert list(BY_STEM) == ["loss_curves", "performance_metrics", "training_dynamics", "posterior_metrics"]


@pytest.mark.parametrize("spec", FIGURES, ids=lambda spec: spec.stem)
def test_every_panel_has_a_title_labels_and_units(spec: ReportFigure, healthy: RunCurves, collapsed: RunCurves) -> None:
    for ax in draw_figure(spec, comparison(healthy, collapsed)).axes:
        assert ax.get_title(loc="left")
        if ax.lines or ax.collections or ax.patches:
            assert ax.get_xlabel()
            assert ax.get_ylabel() or ax.get_legend() is not None


def test_losses_of_training_and_validation_stand_side_by_side(healthy: RunCurves) -> None:
    axes = axes_of("loss_curves", comparison(healthy))
    (training_loss,) = lines(axes["loss · training"])
    assert training_loss[0] == pytest.approx((1, 2.999))
    assert len(training_loss) == 200
    assert lines(axes["loss · validation"]) == [[(50, 2.5), (100, 2.5), (150, 2.5), (200, 2.5)]]


def test_kl_is_on_a_logarithmic_axis_and_zero_stays_in_sight(tmp_path: Path) -> None:
    run = loaded(tmp_path / "run", lambda step: {"train/kl": 0.0 if step > 5 else 3.0}, steps=10)
    ax = axes_of("loss_curves", comparison(run))["KL, unweighted · training"]
    assert ax.get_yscale() == "log"
    assert lines(ax)[0][-1][1] > ax.get_ylim()[0] > 0


def test_an_exploding_loss_turns_the_axis_logarithmic(tmp_path: Path) -> None:
    run = loaded(tmp_path / "run", lambda step: {"train/loss": 1e6 if step == 7 else 1.0}, steps=10)
    assert axes_of("loss_curves", comparison(run))["loss · training"].get_yscale() == "log"


def test_what_a_log_lacks_is_said_and_not_drawn_empty(healthy: RunCurves) -> None:
    ax = axes_of("loss_curves", comparison(healthy))["reconstruction · validation"]
    assert "val/recon\nis not in this log" in words(ax)
    assert len(ax.get_xticks()) == 0


def test_what_some_logs_lack_is_counted(tmp_path: Path, healthy: RunCurves) -> None:
    plain = loaded(tmp_path / "plain", training)
    axes = axes_of("performance_metrics", comparison(healthy, plain))
    assert "not logged by 1 of 2 runs" in words(axes["validation AUROC"])


def test_the_best_score_is_marked_at_its_step(healthy: RunCurves) -> None:
    ax = axes_of("performance_metrics", comparison(healthy))["validation AUROC"]
    assert lines(ax, "best") == [[(200, 0.8)]]
    assert "best 0.800 at step 200" in words(ax)


def test_accuracy_is_percent(healthy: RunCurves) -> None:
    ax = axes_of("performance_metrics", comparison(healthy))["validation accuracy"]
    assert [y for _, y in lines(ax)[0]] == pytest.approx([80, 80, 80, 80])


def test_chance_is_a_line_only_where_scores_come_near_it(tmp_path: Path, healthy: RunCurves) -> None:
    poor = loaded(tmp_path / "poor", lambda _: {"val/auroc": 0.55})
    assert "chance 0.5" in words(axes_of("performance_metrics", comparison(poor))["validation AUROC"])
    assert "chance" not in words(axes_of("performance_metrics", comparison(healthy))["validation AUROC"])


def test_thresholds_are_lines_with_words_in_sight(collapsed: RunCurves) -> None:
    axes = axes_of("posterior_metrics", comparison(collapsed))
    ax = axes["active units"]
    assert {y for line in lines(ax, "threshold") for _, y in line} == {10.0}
    assert "low < 10" in words(ax)
    low, high = axes["KL of the posterior"].get_ylim()
    assert all(low < y < high for line in lines(axes["KL of the posterior"], "threshold") for _, y in line)


def test_thresholds_of_runs_that_differ_are_not_drawn_on_top_of_each_other(tmp_path: Path) -> None:
    runs = [loaded(tmp_path / f"run{i}", active_units_threshold=i / 10) for i in range(1, 5)]
    ax = axes_of("posterior_metrics", comparison(*runs))["active units"]
    assert lines(ax, "threshold") == []
    assert "thresholds differ between runs" in words(ax)


def test_what_is_no_number_is_marked_where_it_was(tmp_path: Path) -> None:
    run = loaded(tmp_path / "run", lambda step: {"train/loss": math.nan if step == 3 else 1.0}, steps=9)
    ax = axes_of("loss_curves", comparison(run))["loss · training"]
    assert [x for line in lines(ax, "non-finite") for x, _ in line] == [3]
    assert "NaN or infinite" in words(ax)


def test_the_words_for_what_is_no_number_stand_once(tmp_path: Path) -> None:
    runs = [loaded(tmp_path / f"run{i}", lambda _: {"train/loss": math.inf}, steps=3) for i in range(3)]
    ax = axes_of("loss_curves", comparison(*runs))["loss · training"]
    assert words(ax).count("NaN or infinite") == 1


@pytest.mark.parametrize("values", [(1e308, -1e308), (1e-300, 1.0), (-1e99, 1e99), (0.0, 0.0)])
def test_the_oddest_numbers_can_be_drawn(tmp_path: Path, values: tuple[float, float]) -> None:
    def odd(step: int) -> Values:
        return dict.fromkeys((*training(step), "posterior/kl", "posterior/recon", "val/auroc"), values[step % 2])

    run = loaded(tmp_path / "run", odd, steps=6)
    for spec in FIGURES:
        assert rendered(draw_figure(spec, comparison(run, smooth=0.6)), spec).whole


def test_smoothing_is_for_long_training_curves_only_and_the_values_stay_behind(tmp_path: Path) -> None:
    def jumping(step: int) -> Values:
        values: Values = {"train/loss": float(step % 2)}
        if step % 50 == 0:
            values["val/loss"] = float(step // 50 % 2)
        return values

    axes = axes_of("loss_curves", comparison(loaded(tmp_path / "run", jumping), smooth=0.9))
    last = [y for _, y in lines(axes["loss · training"])[0]][-20:]
    assert max(last) - min(last) < 0.2
    (raw,) = lines(axes["loss · training"], "raw")
    assert {y for _, y in raw} == {0, 1}
    low, high = axes["loss · training"].get_ylim()
    assert low < 0
    assert high > 1
    assert [y for _, y in lines(axes["loss · validation"])[0]] == [1, 0, 1, 0]


def test_behind_a_reduced_curve_is_the_range_of_its_values(tmp_path: Path) -> None:
    run = loaded(tmp_path / "run", lambda step: {"train/loss": float(step % 2)}, steps=3000)
    ax = axes_of("loss_curves", comparison(run))["loss · training"]
    (band,) = ax.collections
    assert np.ptp(np.asarray(band.get_paths()[0].vertices)[:, 1]) == 1
    assert {y for _, y in lines(ax)[0][:-1]} == {0.5}


def test_crowded_panels_draw_means_and_no_ranges(tmp_path: Path) -> None:
    runs = [loaded(tmp_path / f"run{i}", steps=400) for i in range(3)]
    ax = axes_of("loss_curves", comparison(*runs, smooth=0.6))["loss · training"]
    assert [len(line) <= COARSE_POINTS for line in lines(ax)] == [True] * 3
    assert [line[-1][0] for line in lines(ax)] == [400] * 3
    assert len(ax.collections) == 0


def test_weights_come_from_the_log_or_else_from_the_settings_which_is_said(tmp_path: Path) -> None:
    logged = loaded(tmp_path / "logged", lambda step: training(step) | {"train_pred_weight": 0.3}, steps=4)
    weighted = loaded(tmp_path / "weighted", steps=100, classification_weight=2.0, classification_warmup_steps=50)
    (own,) = lines(axes_of("training_dynamics", comparison(logged))["weight of classification"])
    assert [y for _, y in own] == [0.3] * 4
    ax = axes_of("training_dynamics", comparison(weighted))["weight of classification"]
    (line,) = lines(ax)
    assert (line[0][1], line[-1]) == (0.0, (100, 2.0))
    assert "from the settings" in words(ax)


def test_settings_that_are_no_weights_are_not_drawn(tmp_path: Path) -> None:
    odd = loaded(tmp_path / "odd", classification_weight="heavy", reconstruction_weight=True)
    axes = axes_of("training_dynamics", comparison(odd))
    assert "is not in this log" in words(axes["weight of classification"])
    assert "is not in this log" in words(axes["weight of reconstruction"])


def test_the_tradeoff_goes_from_start_to_newest(healthy: RunCurves) -> None:
    ax = axes_of("training_dynamics", comparison(healthy))["KL against reconstruction"]
    (way,) = lines(ax)
    assert lines(ax, "start") == [[way[0]]]
    assert lines(ax, "newest") == [[way[-1]]]
    assert way[0] == pytest.approx((4.0, 1.999))
    assert "nats per set" in ax.get_xlabel()


def test_the_composition_of_one_run_fills_its_steps(healthy: RunCurves) -> None:
    ax = axes_of("training_dynamics", comparison(healthy))["loss composition"]
    assert len(ax.collections) == 3
    tops = [np.asarray(part.get_paths()[0].vertices)[:, 1].max() for part in ax.collections]
    assert tops[-1] == pytest.approx(100)


def test_the_compositions_of_several_runs_are_bars_with_names(healthy: RunCurves, collapsed: RunCurves) -> None:
    ax = axes_of("training_dynamics", comparison(healthy, collapsed))["loss composition"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["healthy", "collapsed"]
    total, kl = 1.81 + 0.4 + 0.5, 0.4
    widths = [bar.get_width() for container in ax.containers for bar in container]
    assert len(widths) == 6
    assert widths[2] == pytest.approx(100 * kl / total, abs=0.1)


def test_without_its_parts_there_is_no_composition(tmp_path: Path) -> None:
    bare = loaded(tmp_path / "bare", lambda _: {"train/loss": 1.0})
    axes = axes_of("training_dynamics", comparison(bare))
    assert "a training loss and its parts\nis not in this log" in words(axes["loss composition"])
    assert "KL beside reconstruction\nis not in this log" in words(axes["KL against reconstruction"])


def test_verdicts_are_strips_higher_and_darker_the_graver(collapsed: RunCurves) -> None:
    ax = axes_of("posterior_metrics", comparison(collapsed))["verdict"]
    heights = {
        str(strip.get_label()): float(np.ptp(np.asarray(strip.get_paths()[0].vertices)[:, 1]))
        for strip in ax.collections
    }
    assert heights["red"] == pytest.approx(4 * heights["green"])
    greys = [np.asarray(strip.get_facecolor(), dtype=float)[0, :3].sum() for strip in ax.collections]
    assert greys == sorted(greys, reverse=True)


def test_runs_without_checks_are_missing_from_the_verdicts_and_counted(tmp_path: Path, healthy: RunCurves) -> None:
    plain = loaded(tmp_path / "plain", training)
    ax = axes_of("posterior_metrics", comparison(healthy, plain))["verdict"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["healthy"]
    assert "1 of 2 runs not shown" in ax.get_xlabel()


def test_one_run_is_named_in_the_title_and_needs_no_legend(healthy: RunCurves) -> None:
    figure = draw_figure(BY_STEM["loss_curves"], comparison(healthy))
    assert figure.texts[0].get_text() == "Losses · healthy"
    assert legend_of(figure) == []


def test_names_are_data_in_legends_too(tmp_path: Path, healthy: RunCurves) -> None:
    hostile = loaded(tmp_path / r"_a$\frac$b")
    control = loaded(tmp_path / "bell\x07\u202edlrow")
    figure = draw_figure(BY_STEM["training_dynamics"], comparison(healthy, hostile, control))
    assert legend_of(figure) == ["healthy", r"_a$\frac$b", "bell??dlrow"]
    assert len(rendered(figure, BY_STEM["training_dynamics"]).panels) == 6


def test_long_names_keep_their_ends(tmp_path: Path, healthy: RunCurves) -> None:
    long = loaded(tmp_path / ("p12-" + "x" * 60 + "-beta0.05"))
    (name,) = legend_of(draw_figure(BY_STEM["loss_curves"], comparison(long, healthy)))[:1]
    assert len(name) == 36
    assert name.startswith("p12-")
    assert name.endswith("-beta0.05")


def test_runs_are_distinct_in_grey() -> None:
    styles = [run_style(place) for place in range(STYLES)]
    assert len({(str(one.dash), one.marker) for one in styles}) == STYLES
    assert len({one.marker for one in styles}) == STYLES


def test_a_run_has_one_style_in_every_panel(healthy: RunCurves, collapsed: RunCurves) -> None:
    compared = comparison(healthy, collapsed)
    seen = {
        (line.get_color(), line.get_marker())
        for spec in FIGURES
        for ax in draw_figure(spec, compared).axes
        for line in ax.lines
        if line.get_label() == "run" and line.get_marker() != "None" and line.get_marker()
    }
    assert len(seen) == 2


def test_of_many_runs_the_best_have_styles_and_the_others_are_behind(tmp_path: Path) -> None:
    def scoring(best: float) -> RunCurves:
        return loaded(tmp_path / f"run{best}", lambda _: {"val/auroc": best, "train/loss": 1.0}, steps=3)

    runs = [scoring(0.5 + i / 100) for i in range(STYLES + 3)]
    compared = comparison(*runs)
    assert [styled.run.name for styled in compared.shown] == [run.name for run in runs[3:]]
    figure = draw_figure(BY_STEM["loss_curves"], compared)
    assert legend_of(figure)[-1] == "3 other runs (shown: best AUROC)"
    assert len(lines(figure.axes[0], "others")) == 3


def test_panels_are_cut_out_of_the_figure(healthy: RunCurves) -> None:
    spec = BY_STEM["performance_metrics"]
    picture = rendered(draw_figure(spec, comparison(healthy)), spec)
    whole_picture = Image.open(BytesIO(picture.whole))
    parts = [Image.open(BytesIO(png)) for png in picture.panels]
    assert len(parts) == len(spec.panels)
    assert {part.size[0] for part in parts} == {whole_picture.size[0] // COLUMNS}
    assert all(np.asarray(part).min() < 100 for part in parts), "a panel is blank"


def test_a_picture_is_the_same_for_the_same_log(healthy: RunCurves) -> None:
    spec = BY_STEM["posterior_metrics"]
    first, second = (rendered(draw_figure(spec, comparison(healthy)), spec).whole for _ in range(2))
    assert first == second


def test_a_run_of_one_point_can_be_drawn(tmp_path: Path) -> None:
    run = loaded(tmp_path / "run", whole, steps=1)
    for spec in FIGURES:
        assert rendered(draw_figure(spec, comparison(run, smooth=0.6)), spec).whole
