"""What a person sees in the figures."""

from __future__ import annotations

import colorsys
import dataclasses
import io
from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from seqsetvae.data.patient import Patient
from seqsetvae.figures.image_file import png_bytes
from seqsetvae.figures.style import DPI
from seqsetvae.posterior.statistics import ACTIVE_VARIANCE, COLLAPSED_KL
from seqsetvae.posterior.summary import PosteriorSummary
from seqsetvae.visualization.collapse_figure import STATE_STYLES, draw_collapse
from seqsetvae.visualization.correlation_figure import draw_correlation
from seqsetvae.visualization.correlations import correlation_order
from seqsetvae.visualization.dimensions import Dimensions
from seqsetvae.visualization.findings import Findings, Outcomes, VariableErrors
from seqsetvae.visualization.latent_space_figure import draw_latent_space
from seqsetvae.visualization.patient_course import PatientCourse
from seqsetvae.visualization.patient_figure import draw_patient
from seqsetvae.visualization.projection import project
from seqsetvae.visualization.reconstruction_figure import draw_reconstruction
from tests import tiny

NOTE = "run, step 1,200; valid split: all patients, 1,000 sets"
RNG = np.random.default_rng(0)


def dimensions(kl: list[float], mean_variance: list[float], levels: tuple[int, ...]) -> Dimensions:
    return Dimensions(
        levels=levels, kl=np.array(kl), variance=np.full(len(kl), 0.7), mean_variance=np.array(mean_variance),
        low_share=np.zeros(len(kl)),
    )  # fmt: skip


#: Of the first level one active, one mixed, one collapsed; of the second three collapsed ones, the last exactly.
SIX = dimensions([2.0, 0.5, 1e-4, 1e-3, 1e-4, 0.0], [1.0, 1e-4, 1e-5, 1e-5, 1e-6, 0.0], (3, 3))


def findings(error: NDArray[Any] | None = None, variables: int = 40) -> Findings:
    """Findings of which only the parts for the figure of errors are filled."""
    error = RNG.gamma(3.0, 0.5, size=1000).astype(np.float32) if error is None else error
    names = tuple(f"variable{i}" for i in range(variables))
    return Findings(
        patients=10, sets=len(error), events=1000, error=float(error.mean()), dimensions=SIX,
        posterior=PosteriorSummary(
            levels=(), dimensions=(), mutual_information=None, sample_sets=None, sets=1, recon=1.0, kl_per_dim=()
        ),
        correlation=np.eye(6),
        set_sample={
            "error": error,
            "minute": np.arange(len(error), dtype=np.float32),
            "size": np.arange(len(error)) % 20 + 1,
        },
        point_sample={},
        variables=VariableErrors(
            names=names, events=np.arange(variables), error=np.linspace(1.0, 3.0, variables)
        ),
        outcomes=Outcomes(label=np.ones(1, dtype=np.float32), probability=np.ones(1, dtype=np.float32)),
    )  # fmt: skip


def course(patient: Patient) -> PatientCourse:
    sets = len(patient.minute)
    numbers = np.linspace(0.1, 0.9, sets, dtype=np.float32)
    return PatientCourse(
        patient=patient, split="valid", kl=20 * numbers, error=numbers, history_norm=8 * numbers, probability=numbers
    )  # fmt: skip


def patient_figure(patient: Patient) -> Figure:
    names = [f"variable{i}" for i in range(tiny.NUM_VARIABLES)]
    return draw_patient(
        course(patient), names, np.full(tiny.NUM_VARIABLES, 80.0), np.full(tiny.NUM_VARIABLES, 10.0), ["run, step 9"]
    )  # fmt: skip


def space_figure() -> Figure:
    rows = RNG.normal(size=(60, 4))
    label = (np.arange(60) % 6 == 0).astype(np.float32)
    before, after = project(rows, umap=None, seed=0), project(np.ones((60, 3)), umap=None, seed=0)
    return draw_latent_space(before, after, label, [NOTE])


def correlation_figure() -> Figure:
    correlation = np.asarray(np.corrcoef(RNG.normal(size=(8, 30))))
    correlation[[2, 5]] = correlation[:, [2, 5]] = np.nan
    return draw_correlation(correlation_order(correlation), [NOTE])


FIGURES: dict[str, Callable[[], Figure]] = {
    "collapse": lambda: draw_collapse(SIX, [NOTE], 0.012),
    "space": space_figure,
    "errors": lambda: draw_reconstruction(findings(), [NOTE]),
    "equal errors": lambda: draw_reconstruction(findings(np.full(500, 1.5, dtype=np.float32), 3), [NOTE]),
    "correlation": correlation_figure,
    "constants": lambda: draw_correlation(correlation_order(np.full((4, 4), np.nan)), [NOTE]),
    "patient": lambda: patient_figure(tiny.patient((3, 1, 12, 5), seed=1)),
    "patient of one set": lambda: patient_figure(tiny.patient((1,), seed=1)),
}
EVERY = pytest.mark.parametrize("name", FIGURES)


def words(figure: Figure) -> list[str]:
    """The lines above the axes: the title and the notes."""
    return [text.get_text() for text in figure.texts]


def texts_of(ax: Axes) -> list[Any]:
    """All texts of axes that are drawn: ticks outside of the view are not."""
    ticks = []
    for axis in (ax.xaxis, ax.yaxis):
        low, high = sorted(ax.get_xlim() if axis is ax.xaxis else ax.get_ylim())
        ticks += [tick.label1 for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]
    titles = [ax.title, ax._left_title]  # type: ignore[attr-defined]  # where titles at the left are
    found = [*ax.texts, *ticks, *titles, ax.xaxis.label, ax.yaxis.label]
    return [text for text in found if text.get_visible() and text.get_text()]


@EVERY
def test_a_figure_is_a_png_in_which_nothing_is_written_over_anything_else(name: str) -> None:
    figure = FIGURES[name]()
    with Image.open(io.BytesIO(png_bytes(figure))) as image:
        image.load()
        assert (image.format, image.width) == ("PNG", figure.get_figwidth() * DPI)
    texts = [*figure.texts, *(text for ax in figure.axes for text in texts_of(ax))]
    boxes: list[tuple[str, Any]] = [(text.get_text(), text.get_window_extent()) for text in texts]
    for text, box in boxes:
        assert figure.bbox.x0 <= box.x0, text
        assert box.x1 <= figure.bbox.x1, text
    for (first, box), (second, other) in combinations(boxes, 2):
        assert not box.padded(-1.0).overlaps(other), (first, second)


@EVERY
def test_axes_have_labels(name: str) -> None:
    for ax in FIGURES[name]().axes:
        shares_x = bool(ax.get_shared_x_axes().get_siblings(ax)[1:])
        assert ax.get_xlabel() or shares_x or ax.get_label() == "<colorbar>"


class TestCollapse:
    def test_dimensions_are_sorted_by_kl_within_their_level(self) -> None:
        figure = draw_collapse(SIX, [NOTE], 0.0)
        first, second = figure.axes[:2]
        assert [ax.get_title(loc="left") for ax in (first, second)] == [
            "level 1: 1 active, 1 mixed, 1 collapsed", "level 2: 0 active, 0 mixed, 3 collapsed",
        ]  # fmt: skip
        points = {line.get_label(): np.asarray(line.get_xydata()).tolist() for line in first.lines}
        assert points["active"] == [[1.0, 2.0]]
        assert points["mixed"] == [[2.0, 0.5]]
        assert points["collapsed"] == [[3.0, 1e-4]]

    def test_counts_and_the_rule_are_said(self) -> None:
        said = words(draw_collapse(SIX, [NOTE], 0.0))
        assert "1 active, 1 mixed, 4 collapsed, of 6 dimensions" in said
        assert (
            f"active: KL ≥ {COLLAPSED_KL:g} nats and Var(μ) > {ACTIVE_VARIANCE:g}; "
            "collapsed: neither; mixed: one of them" in said
        )
        assert NOTE in said

    @pytest.mark.parametrize(
        ("free_bits", "expected"), [(0.0, [[0.01], [1.0], [0.01]]), (0.1, [[0.01, 0.1], [1.0], [0.01]])]
    )
    def test_thresholds_are_lines_in_view(self, free_bits: float, expected: list[list[float]]) -> None:
        figure = draw_collapse(SIX, [NOTE], free_bits)
        for ax, limits in zip(figure.axes[::2], expected, strict=True):
            found = [float(np.asarray(line.get_ydata())[0]) for line in ax.lines if line.get_label() == "threshold"]
            assert found == limits
            low, high = ax.get_ylim()
            assert all(low < limit < high for limit in limits)

    def test_a_kl_of_zero_is_in_view(self) -> None:
        figure = draw_collapse(SIX, [NOTE], 0.0)
        drawn = np.concatenate([np.asarray(line.get_ydata()) for line in figure.axes[1].lines])
        assert figure.axes[1].get_ylim()[0] < drawn.min() == 1e-6

    def test_states_differ_in_grey_and_in_shape(self) -> None:
        luma = sorted(colorsys.rgb_to_yiq(*to_rgb(colour))[0] for colour, _, _ in STATE_STYLES.values())
        assert min(np.diff(luma)) > 0.2
        assert len({marker for _, _, marker in STATE_STYLES.values()}) == 3

    def test_one_level_needs_no_name(self) -> None:
        figure = draw_collapse(dimensions([1.0], [1.0], (1,)), [NOTE], 0.0)
        assert [ax.get_title(loc="left") for ax in figure.axes] == ["", "", ""]


class TestLatentSpace:
    def test_outcomes_are_counted_and_the_method_is_said(self) -> None:
        figure = space_figure()
        (legend,) = figure.legends
        assert [text.get_text() for text in legend.get_texts()] == ["label 0 (50)", "label 1 (10)"]
        before, after = (ax.get_title(loc="left").split("\n") for ax in figure.axes)
        assert before[0] == "before the Transformer: mean of μ"
        assert before[1].startswith("PCA: ")
        assert after == ["after it: h of the last set", "PCA: all points are the same"]

    def test_outcomes_differ_in_shape_and_in_grey(self) -> None:
        zero, one = space_figure().axes[0].collections
        corners = [np.asarray(points.get_paths()[0].vertices).shape for points in (zero, one)]
        assert corners[0] != corners[1]
        light, dark = (colorsys.rgb_to_yiq(*np.asarray(c.get_facecolor())[0][:3])[0] for c in (zero, one))
        assert light - dark > 0.4


class TestReconstruction:
    def test_the_worst_and_the_best_variables_are_shown_with_their_events(self) -> None:
        ax = draw_reconstruction(findings(), [NOTE]).axes[3]
        names = [label.get_text() for label in ax.get_yticklabels()]
        # variable0 has no event.
        assert names == [f"variable{i}" for i in (*range(39, 27, -1), *range(12, 0, -1))]
        said = [text.get_text() for text in ax.texts]
        assert said[0] == "3  (39)"
        assert "… 15 between …" in said

    def test_few_variables_are_all_shown(self) -> None:
        ax = draw_reconstruction(findings(variables=4), [NOTE]).axes[3]
        assert [label.get_text() for label in ax.get_yticklabels()] == ["variable3", "variable2", "variable1"]
        assert ax.get_title(loc="left") == "by variable (events)"

    def test_extreme_sets_are_counted_and_do_not_flatten_the_rest(self) -> None:
        error = np.ones(1000, dtype=np.float32) + np.arange(1000, dtype=np.float32) / 1000
        error[-2:] = 1e6
        ax = draw_reconstruction(findings(error), [NOTE]).axes[0]
        assert ax.get_xlim()[1] < 3
        assert any(text.get_text().startswith("5 larger,\nup to 1e+06") for text in ax.texts)


class TestCorrelation:
    def test_constant_dimensions_stand_apart_and_are_counted(self) -> None:
        figure = correlation_figure()
        assert "2 of 8 dimensions are constant" in words(figure)[1]
        shown: NDArray[Any] = np.ma.asarray(figure.axes[0].images[0].get_array()).filled(np.nan)
        assert np.isnan(shown[6:]).all()
        assert not np.isnan(shown[:6, :6]).any()
        assert [text.get_text() for text in figure.axes[0].texts] == ["2 constant"]

    def test_the_share_of_strong_pairs_is_said(self) -> None:
        strong = np.array([[1.0, 0.9, 0.1], [0.9, 1.0, 0.1], [0.1, 0.1, 1.0]])
        assert words(draw_correlation(correlation_order(strong), []))[1] == "33.3 % of the pairs have |r| > 0.8"


class TestPatient:
    def test_rows_are_the_most_frequent_variables_with_their_range(self) -> None:
        patient = dataclasses.replace(
            tiny.patient((3, 2)),
            variable_id=np.array([4, 4, 2, 4, 2], dtype=np.int16),
            value=np.array([0.0, 1.0, 0.5, -1.0, 0.5], dtype=np.float32),
        )
        events = patient_figure(patient).axes[0]
        assert [label.get_text() for label in events.get_yticklabels()] == ["variable4", "variable2"]
        assert [text.get_text() for text in events.texts] == ["70 – 90", "85"]
        minutes = np.asarray(events.lines[0].get_xdata()).tolist()
        assert minutes == [patient.minute[0], patient.minute[0], patient.minute[1]]
        # Higher values are higher on the paper, whose rows count downwards.
        assert np.asarray(events.lines[0].get_ydata()).tolist() == pytest.approx([0.0, -0.4, 0.4])

    def test_a_scaled_value_is_what_it_was_before(self) -> None:
        scaled = np.array([-117.2 / 154.3, 3.0], dtype=np.float32)
        patient = dataclasses.replace(tiny.patient((2,)), variable_id=np.array([0, 0], dtype=np.int16), value=scaled)
        figure = draw_patient(course(patient), ["Urine"], np.array([117.2]), np.array([154.3]), [])
        assert [text.get_text() for text in figure.axes[0].texts] == ["0 – 580.1"]

    def test_all_courses_are_over_the_sets(self) -> None:
        patient = tiny.patient((2, 2, 2))
        for ax in patient_figure(patient).axes[1:]:
            assert np.asarray(ax.lines[0].get_xdata()).tolist() == patient.minute.tolist()

    def test_names_are_data(self) -> None:
        patient = dataclasses.replace(tiny.patient((1, 1)), patient_id="$x_1$ 患者")
        figure = patient_figure(patient)
        assert words(figure)[0] == "Patient $x_1$ ??"
        assert not figure.texts[0].get_parse_math()
