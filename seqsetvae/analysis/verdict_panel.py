"""The verdict on each run over its steps, a row a run: level by hue, by lightness and by height."""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.patches import Patch

from seqsetvae.analysis.composition_panel import label_runs
from seqsetvae.analysis.curve_panel import number_steps, say_missing, style_axes
from seqsetvae.analysis.run_styles import INK, MUTED, Drawn, Scene
from seqsetvae.collapse.verdict import LEVELS
from seqsetvae.figures.posterior_figure import STRIP_COLOURS


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictPanel:
    """A strip of levels for each run with checks, as the detector says them of the log."""

    title: str = "verdict"

    def draw(self, ax: Axes, scene: Scene) -> None:
        """Draw the strips."""
        style_axes(ax, self.title, "")
        judged = [drawn for drawn in scene.shown if drawn.run.history.latest is not None]
        if not judged:
            say_missing(ax, scene, "posterior/kl, which a verdict needs,", len(scene.runs))
            return
        for row, drawn in enumerate(reversed(judged)):
            _draw_strip(ax, drawn, row)
        ax.set_ylim(-0.5, len(judged) - 0.5)
        ax.grid(visible=False)
        if scene.single:
            ax.set_yticks([])
        else:
            label_runs(ax, judged)
        number_steps(ax)
        missing = len(scene.runs) - len(judged)
        if missing:
            ax.set_xlabel(f"optimizer step ({missing} of {len(scene.runs)} runs not shown)")
        handles = [Patch(facecolor=STRIP_COLOURS[level], edgecolor=MUTED, label=str(level)) for level in LEVELS]
        ax.legend(
            handles=handles, loc="lower right", bbox_to_anchor=(1.02, 0.98), ncol=4, frameon=False, fontsize=8,
            labelcolor=INK, handlelength=1.4, columnspacing=0.9, handletextpad=0.4,
        )  # fmt: skip


def _draw_strip(ax: Axes, drawn: Drawn, row: int) -> None:
    spans, latest = drawn.run.history.spans, drawn.run.history.latest
    assert latest is not None  # only runs with checks have a strip
    ends = [*(span.step for span in spans[1:]), max(latest.step, spans[-1].step + 1)]
    for level in LEVELS:
        height = 0.8 * (1 + level.severity) / len(LEVELS)
        stretches = [(span.step, end - span.step) for span, end in zip(spans, ends, strict=True) if span.level == level]
        if stretches:
            ax.broken_barh(
                stretches, (row - 0.4, height), facecolor=STRIP_COLOURS[level], linewidth=0, label=str(level)
            )
