"""The verdict on each run over its steps, a row a run: level by hue, by lightness and by height."""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.axes import Axes

from seqsetvae.analysis.panel_words import label_runs, legend_above, say_missing
from seqsetvae.analysis.run_styles import Comparison, StyledRun
from seqsetvae.figures.style import group_thousands, style_axes
from seqsetvae.figures.verdict_bands import STRIP_COLOURS, draw_strip, level_patches


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictPanel:
    """A strip of levels for each run with checks, as the detector judges the log."""

    title: str = "verdict"

    def draw(self, ax: Axes, comparison: Comparison) -> None:
        """Draw the strips."""
        judged = [styled for styled in comparison.shown if styled.run.history.latest is not None]
        missing = len(comparison.runs) - len(judged)
        left_out = f" ({missing} of {len(comparison.runs)} runs not shown)" if missing else ""
        style_axes(ax, title=self.title, x=f"optimizer step{left_out}", grid=None)
        if not judged:
            say_missing(ax, comparison, "posterior/kl, which a verdict needs,", len(comparison.runs))
            return
        group_thousands(ax.xaxis, bins=6)
        for row, styled in enumerate(reversed(judged)):
            _draw_row(ax, styled, row)
        ax.set_ylim(-0.5, len(judged) - 0.5)
        if comparison.single:
            ax.set_yticks([])
        else:
            label_runs(ax, judged)
        legend_above(ax, level_patches(STRIP_COLOURS))


def _draw_row(ax: Axes, styled: StyledRun, row: int) -> None:
    changes, latest = styled.run.history.level_changes, styled.run.history.latest
    assert latest is not None  # only runs with checks have a strip
    end = max(latest.step, changes[-1].step + 1)
    draw_strip(ax, changes, (changes[0].step, end), base=row - 0.4, height=0.8)
