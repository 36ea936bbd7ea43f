"""Words of a report's panels: which runs lack a metric, what a run is called, what areas mean."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.patches import Patch

from seqsetvae.analysis.run_styles import Comparison, StyledRun
from seqsetvae.figures.axis_marks import write_absence
from seqsetvae.figures.style import INK, LEGEND, MUTED, TICK_SIZE, name_rows, shortened

#: Characters of a run's name beside its row.
NAME = 20


def say_missing(ax: Axes, comparison: Comparison, what: str, lacking: int, assumed: int = 0, *, note: str = "") -> None:
    """Say which logs lack a metric, for how many it is from their settings, and what else there is to note."""
    runs = len(comparison.runs)
    if lacking == runs:
        write_absence(ax, f"{what}\nis not in {'this log' if comparison.single else 'any of these logs'}")
        ax.set_xticks([])
        ax.set_yticks([])
        ax.set_xlabel("")
        ax.grid(visible=False)
        return
    notes = [note] if note else []
    if lacking:
        notes.append(f"not logged by {lacking} of {runs} runs")
    if assumed:
        notes.append("from the settings" if assumed == runs else f"{assumed} of {runs} from the settings")
    if notes:
        ax.set_title("; ".join(notes), fontsize=TICK_SIZE, color=MUTED, loc="right")


def label_runs(ax: Axes, runs: Sequence[StyledRun]) -> None:
    """Write the names of runs beside their rows, the first on top, in their colours."""
    colours = [INK if styled.style is None else styled.style.colour for styled in runs]
    name_rows(ax, range(len(runs))[::-1], [shortened(styled.run.name, NAME) for styled in runs], colours)


def legend_above(ax: Axes, patches: Sequence[Patch]) -> None:
    """Say what colours mean, above the axes at the right."""
    ax.legend(
        handles=patches, loc="lower right", bbox_to_anchor=(1.02, 0.98), ncol=len(patches), handlelength=1.4,
        columnspacing=0.9, handletextpad=0.4, **LEGEND,
    )  # fmt: skip
