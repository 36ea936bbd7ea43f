"""`time_series_<id>.png`: one patient's events, and what the model makes of them set by set."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray

from seqsetvae.figures.axis_marks import draw_threshold, write_beside
from seqsetvae.figures.style import DARK, MUTED, group_thousands, headed_figure, name_rows, style_axes
from seqsetvae.visualization.patient_course import PatientCourse

#: Variables that are shown, the patient's most frequent ones.
VARIABLES = 10
#: How far a variable's curve goes up and down from the middle of its row, of which rows are one apart.
REACH = 0.4
#: Decimal digits that scaled values are assumed to have, relative to a variable's scale.
DIGITS = 4


def draw_patient(
    course: PatientCourse,
    variables: Sequence[str],
    mean: NDArray[np.float64],
    std: NDArray[np.float64],
    notes: Sequence[str],
) -> Figure:
    """Draw a patient over the minutes since admission.

    Args:
        course: The patient.
        variables: Names of the vocabulary.
        mean: `[variables]` what values were shifted by.
        std: `[variables]` what values were divided by.
        notes: Lines below the title.
    """
    patient = course.patient
    sets, events = len(patient.minute), len(patient.value)
    title = f"Patient {patient.patient_id}"
    counts = f"{_counted(sets, 'set')}, {_counted(events, 'event')}"
    said = f"{course.split} split, label {patient.label:.0f}, {counts}"
    figure = headed_figure(11.0, 9.6, title, [said, *notes])
    axes = figure.subplots(5, 1, sharex=True, height_ratios=(3.4, 1, 1, 1, 1))
    _draw_events(axes[0], course, variables, mean, std)
    _draw_series(axes[1], course, course.kl, "KL\n[nats per set]")
    _draw_series(axes[2], course, course.error, "reconstruction\n[loss per set]")
    _draw_series(axes[3], course, course.history_norm, "‖h‖")
    _draw_series(axes[4], course, course.probability, "probability\nof label 1")
    axes[4].set_ylim(-0.04, 1.04)
    axes[4].set_yticks([0.0, 0.5, 1.0])
    draw_threshold(axes[4], 0.5, "0.5")
    axes[4].set_xlabel("minutes since admission")
    group_thousands(axes[4].xaxis)
    return figure


def _draw_events(
    ax: Axes,
    course: PatientCourse,
    variables: Sequence[str],
    mean: NDArray[np.float64],
    std: NDArray[np.float64],
) -> None:
    ids = np.asarray(course.patient.variable_id, dtype=np.int64)
    counts = np.bincount(ids, minlength=len(variables))
    order = np.argsort(-counts, kind="stable")
    chosen = order[: min(VARIABLES, int((counts > 0).sum()))]
    minutes, values = course.event_minutes, course.patient.value
    for row, variable in enumerate(chosen):
        those = ids == variable
        raw = _unscaled(values[those], mean[variable], std[variable])
        low, high = float(raw.min()), float(raw.max())
        height = (raw - low) / (high - low) - 0.5 if high > low else np.zeros(len(raw))
        _draw_line(ax, minutes[those], row - 2 * REACH * height)
        words = f"{low:.4g} – {high:.4g}" if high > low else f"{low:.4g}"
        write_beside(ax, row, words, colour=MUTED)
    had = int((counts > 0).sum())
    which = f"the {len(chosen)} most frequent of {had} variables" if had > len(chosen) else _counted(had, "variable")
    style_axes(ax, title=f"{which}, as the model sees them; the range of each at the right")
    name_rows(ax, range(len(chosen)), [variables[variable][:24] for variable in chosen])
    ax.set_ylim(len(chosen) - 0.4, -0.6)


def _unscaled(values: NDArray[np.float32], mean: float, std: float) -> NDArray[np.float64]:
    """Return values in their own unit, without digits that float32 made up: a volume of 0 is 0 again."""
    decimals = DIGITS - math.floor(math.log10(std))
    raw: NDArray[np.float64] = np.round(values.astype(np.float64) * std + mean, decimals) + 0.0
    return raw


def _draw_series(ax: Axes, course: PatientCourse, values: ArrayLike, label: str) -> None:
    _draw_line(ax, course.patient.minute, values)
    style_axes(ax, y=label)
    ax.yaxis.set_major_locator(MaxNLocator(nbins=4))
    ax.margins(y=0.12)


def _draw_line(ax: Axes, minutes: ArrayLike, values: ArrayLike) -> None:
    ax.plot(minutes, values, color=DARK, linewidth=1.0, marker="o", markersize=2.4)


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
