"""What a person sees in the picture of a run's posterior."""

from __future__ import annotations

import colorsys
import io
import math
import sys
import warnings
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import Collection
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from PIL import Image

from seqsetvae.collapse.thresholds import Thresholds
from seqsetvae.collapse.verdict import LEVELS
from seqsetvae.figures.axis_marks import KL_FLOOR
from seqsetvae.figures.posterior_figure import draw, draw_png
from seqsetvae.figures.style import drawable
from seqsetvae.figures.verdict_bands import BAND_COLOURS, STRIP_COLOURS
from seqsetvae.posterior.history import History
from seqsetvae.stream.records import Level
from tests.posterior.histories import history_of, observation, verdict

FOUR = ["KL\n[nats per set]", "posterior variance\n[mean σ²]", "active units\n[% of dimensions]",
        "reconstruction\n[loss per set]"]  # fmt: skip


def rows(figure: Figure) -> dict[str, Axes]:
    """The rows below the verdict's strip by their label."""
    return {ax.get_ylabel(): ax for ax in figure.axes[1:]}


def points(line: Line2D) -> list[tuple[float, float]]:
    xs, ys = np.asarray(line.get_xdata(), dtype=float), np.asarray(line.get_ydata(), dtype=float)
    return list(zip(xs.tolist(), ys.tolist(), strict=True))


def lines(ax: Axes, label: str) -> list[Line2D]:
    return [line for line in ax.lines if line.get_label() == label]


def curve(ax: Axes) -> list[tuple[float, float]]:
    (line,) = lines(ax, "metric")
    return points(line)


def marks(ax: Axes) -> list[float]:
    return [x for line in lines(ax, "non-finite") for x, _ in points(line)]


def thresholds_in(ax: Axes) -> list[float]:
    return [points(line)[0][1] for line in lines(ax, "threshold")]


def words(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


def titles(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.texts]


def corners(collection: Collection, axis: int) -> list[tuple[float, float]]:
    """From where to where each rectangle of a collection goes, along an axis."""
    found = [np.asarray(path.vertices, dtype=float)[:, axis] for path in collection.get_paths()]
    return [(float(along.min()), float(along.max())) for along in found]


def bands(ax: Axes) -> dict[str, list[tuple[float, float]]]:
    """For each level that was there, from which step to which."""
    return {str(collection.get_label()): corners(collection, 0) for collection in ax.collections}


def colours_of(ax: Axes) -> dict[str, str]:
    found = {str(c.get_label()): np.asarray(c.get_facecolor(), dtype=float)[0] for c in ax.collections}
    return {label: to_hex((float(red), float(green), float(blue))) for label, (red, green, blue, _) in found.items()}


def test_the_four_metrics_are_there_with_their_units() -> None:
    assert list(rows(draw(history_of("gg"), Thresholds(), "run"))) == FOUR


def test_information_and_ablation_have_rows_where_they_were_measured() -> None:
    figure = draw(history_of("gg", mutual_information=2.0, z_ablation=0.3), Thresholds(), "run")
    assert list(rows(figure)) == [*FOUR, "mutual inf.\n[nats]", "z ablation\n[% worse]"]
    assert curve(rows(figure)["z ablation\n[% worse]"]) == [(100, 30), (200, 30)]


def test_curves_go_through_the_checks_and_shares_are_percent() -> None:
    figure = draw(history_of("ggg", variance=0.4, active_units=0.75), Thresholds(), "run")
    _, variance, active, _ = rows(figure).values()
    assert curve(variance) == [(100, 0.4), (200, 0.4), (300, 0.4)]
    assert [y for _, y in curve(active)] == [75, 75, 75]


def test_only_kl_is_on_a_logarithmic_axis() -> None:
    assert [ax.get_yscale() for ax in rows(draw(history_of("gg"), Thresholds(), "run")).values()] == [
        "log", "linear", "linear", "linear",
    ]  # fmt: skip


def test_thresholds_are_lines_within_view_and_in_words() -> None:
    settings = Thresholds(kl_threshold=0.5, var_threshold=0.9, active_units_threshold=0.2, kl_explosion_threshold=300.0)
    kl, variance, active, recon = rows(draw(history_of("gg"), settings, "run")).values()
    assert thresholds_in(kl) == [0.5, 300.0]
    assert 0.9 in thresholds_in(variance)
    assert thresholds_in(active) == [20.0]
    assert thresholds_in(recon) == []
    assert "low < 0.5 nats" in words(kl)
    assert "high > 0.9\nwith low KL" in words(variance)
    for ax in (kl, variance, active):
        low, high = ax.get_ylim()
        assert all(low < y < high for y in thresholds_in(ax))


def test_the_original_rules_have_their_own_lines() -> None:
    figure = draw(history_of("gg"), Thresholds(detector="original", fast_detection=True), "run")
    kl, variance, sigma, _ = rows(figure).values()
    assert (thresholds_in(kl), thresholds_in(variance), thresholds_in(sigma)) == ([0.005], [0.05], [15.0])
    assert sigma.get_ylabel() == "units with σ² > 0.01\n[% of dimensions]"
    assert [y for _, y in curve(sigma)] == [100.0, 100.0]


def test_every_row_has_the_verdicts_behind_it() -> None:
    figure = draw(history_of("ggyyorr"), Thresholds(), "run")
    for ax in figure.axes:
        left, right = ax.get_xlim()
        assert bands(ax) == {
            "green": [(left, 300)], "yellow": [(300, 500)], "orange": [(500, 600)], "red": [(600, right)],
        }  # fmt: skip


def test_bands_have_the_colours_of_the_legend() -> None:
    figure = draw(history_of("gyor"), Thresholds(), "run")
    assert colours_of(figure.axes[1]) == {str(level): colour for level, colour in BAND_COLOURS.items()}
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "green", "yellow", "orange", "red", "metric", "threshold", "NaN or infinite",
    ]  # fmt: skip


@pytest.mark.parametrize("colours", [BAND_COLOURS, STRIP_COLOURS])
def test_in_grey_each_level_is_clearly_darker_than_the_one_below(colours: dict[Level, str]) -> None:
    luma = [colorsys.rgb_to_yiq(*to_rgb(colours[level]))[0] for level in LEVELS]
    assert all(before - after > 0.06 for before, after in pairwise(luma))


def test_the_strip_tells_levels_by_height() -> None:
    strip = draw(history_of("gyor"), Thresholds(), "run").axes[0]
    assert [corners(c, 1) for c in strip.collections] == [[(0.0, height)] for height in (0.25, 0.5, 0.75, 1.0)]


def test_the_title_names_the_run_the_verdict_its_step_and_its_reasons() -> None:
    history = history_of("gg")
    history.add(observation(48200), verdict(48200, Level.ORANGE, since=46900, checks=13, reasons=("KL 0.02 < 1 nats",)))
    assert titles(draw(history, Thresholds(), "p12")) == [
        "p12",
        "ORANGE: collapse, at step 48,200 (since step 46,900, 13 checks)",
        "KL 0.02 < 1 nats",
    ]


def test_many_reasons_do_not_run_into_the_picture() -> None:
    history = History()
    history.add(observation(1), verdict(1, Level.RED, reasons=("active units 3 % < 10 %",) * 40))
    shown = titles(draw(history, Thresholds(), "run"))[2:]
    assert len(shown) == 2
    assert shown[-1].endswith("…")


def test_names_are_data() -> None:
    assert draw(history_of("g"), Thresholds(), "$x_1$").texts[0].get_parse_math() is False
    assert drawable("β-run\x1b[31m") == "β-run?[31m"
    assert drawable("患者") == "??"


class TestNonFiniteValues:
    def history(self, value: float) -> History:
        history = history_of("gg")
        history.add(observation(300, recon=value), verdict(300))
        history.add(observation(400), verdict(400))
        return history

    @pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
    def test_they_are_a_gap_with_a_mark(self, value: float) -> None:
        ax = rows(draw(self.history(value), Thresholds(), "run"))["reconstruction\n[loss per set]"]
        assert marks(ax) == [300]
        assert [step for step, y in curve(ax) if math.isnan(y)] == [300]
        assert all(math.isfinite(limit) for limit in ax.get_ylim())

    def test_the_last_one_is_named(self) -> None:
        history = history_of("g")
        history.add(observation(200, recon=math.nan), verdict(200))
        assert "now NaN" in words(rows(draw(history, Thresholds(), "run"))["reconstruction\n[loss per set]"])

    def test_a_value_between_two_of_them_is_still_seen(self) -> None:
        history = History()
        for step in range(200):
            history.add(observation(step, recon=2.0 if step == 101 or step < 50 else math.nan), verdict(step))
        ax = rows(draw(history, Thresholds(), "run"))["reconstruction\n[loss per set]"]
        dots = [line for line in ax.lines if line.get_marker() == "o"]
        assert [points(line) for line in dots] == [[(101, 2.0)]]


def test_a_kl_of_zero_stands_at_the_bottom() -> None:
    (kl, *_) = rows(draw(history_of("gg", kl=0.0), Thresholds(), "run")).values()
    assert [y for _, y in curve(kl)] == [KL_FLOOR, KL_FLOOR]
    assert "now 0 nats" in words(kl)


def test_an_explosion_does_not_flatten_what_was_before() -> None:
    history = history_of("g" * 20)
    history.add(observation(2100, recon=1e9), verdict(2100, Level.RED))
    assert rows(draw(history, Thresholds(), "run"))["reconstruction\n[loss per set]"].get_yscale() == "log"


def test_a_flat_series_lies_in_the_middle() -> None:
    ax = rows(draw(history_of("gggg", recon=2.0), Thresholds(), "run"))["reconstruction\n[loss per set]"]
    assert sum(ax.get_ylim()) / 2 == pytest.approx(2.0)


def test_before_the_first_check_there_is_an_empty_picture() -> None:
    figure = draw(History(), Thresholds(), "run")
    assert titles(figure) == ["run", "no check of the posterior yet"]
    assert words(figure.axes[0]) == ["no check yet"]
    assert all("not measured" in words(ax) for ax in figure.axes[1:])


@pytest.mark.parametrize(
    ("levels", "numbers"),
    [
        ("", {}),
        ("g", {}),
        ("gggg", {"kl": 0.0, "recon": 0.0, "variance": 0.0}),
        ("rrr", {"kl": math.nan, "variance": math.inf, "active_units": math.nan, "recon": -math.inf}),
        ("grr", {"kl": 3.4e38, "variance": 3.4e38, "recon": 3.4e38, "z_ablation": -3.4e38}),
        ("gyoryg", {"mutual_information": 2.0, "z_ablation": 0.1}),
    ],
    ids=["no check", "one check", "zeros", "nothing finite", "as large as float32 goes", "everything"],
)
def test_any_history_becomes_a_png(levels: str, numbers: dict[str, Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        png = draw_png(history_of(levels, **numbers), Thresholds(), "患者 $\\frac{1}{")
    with Image.open(io.BytesIO(png)) as image:
        image.load()
        assert (image.format, image.width) == ("PNG", 1000)


def test_nothing_is_written_over_anything_else() -> None:
    """No two texts of the picture overlap, with every row and the longest numbers there."""
    history = history_of("gyor", kl=1.23e-5, mutual_information=1.23e-5, z_ablation=0.00123, variance=0.999)
    figure = draw(history, Thresholds(), "run")
    FigureCanvasAgg(figure)
    figure.draw_without_rendering()
    texts = [*figure.texts, *(text for ax in figure.axes for text in (*ax.texts, ax.yaxis.label, ax.xaxis.label))]
    boxes = [(text.get_text(), text.get_window_extent()) for text in texts if text.get_text()]
    for i, (first, box) in enumerate(boxes):
        assert figure.bbox.x0 <= box.x0, first
        assert box.x1 <= figure.bbox.x1, first
        for second, other in boxes[:i]:
            assert not box.overlaps(other), (first, second)


def test_no_figure_manager_is_involved() -> None:
    draw_png(history_of("g"), Thresholds(), "run")
    pyplot = sys.modules.get("matplotlib.pyplot")
    assert pyplot is None or pyplot.get_fignums() == []
