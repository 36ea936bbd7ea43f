"""What the checks of a run come to: as plain text for a file, and as a panel for the console.

Both say the same; names, paths and reasons are data and are shown as they are, control characters apart.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from seqsetvae.collapse.limits import Limit, in_words, limits_in_force
from seqsetvae.collapse.number_text import percent
from seqsetvae.collapse.original_detector import RISING_SLOPE, SLOPE_CHECKS
from seqsetvae.collapse.thresholds import Thresholds
from seqsetvae.collapse.verdict import LEVELS
from seqsetvae.logs.series_view import Point
from seqsetvae.posterior.history import History
from seqsetvae.stream.records import Level
from seqsetvae.stream.values import printable

#: What each metric is called, and how its values are written.
METRICS: dict[str, tuple[str, Callable[[float], str]]] = {
    "kl": ("KL, nats per set", in_words),
    "variance": ("mean variance σ²", in_words),
    "active_units": ("active units", percent),
    "active_units_sigma": ("units with σ² > 0.01", percent),
    "collapsed_fraction": ("collapsed dimensions", percent),
    "mutual_information": ("mutual information, nats", in_words),
    "z_ablation": ("reconstruction without z", percent),
    "recon": ("reconstruction loss", in_words),
}
#: Checkpoints by what their names start with, the most wanted first.
CHECKPOINT_KINDS = ("best", "healthy", "collapse", "final", "interrupted", "error", "last")
STYLES = {Level.GREEN: "green", Level.YELLOW: "yellow", Level.ORANGE: "dark_orange", Level.RED: "red"}
NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Rows of equally many cells under a title; with `header`, the first row names the columns."""

    title: str
    rows: tuple[tuple[str, ...], ...]
    header: bool = False


def final_statistics(history: History, thresholds: Thresholds, *, run: str, checkpoints: Sequence[Path]) -> str:
    """Return the report as plain text.

    Args:
        history: All checks of the run.
        thresholds: The detector's settings.
        run: The run's name.
        checkpoints: The checkpoints that the run left.
    """
    title = printable(f"Posterior of run {run}")
    blocks = [f"{title}\n{'=' * len(title)}"]
    for section in sections(history, thresholds, checkpoints):
        widths = [max(map(len, column)) for column in zip(*section.rows, strict=True)]
        lines = ["  " + "  ".join(map(str.ljust, row, widths)).rstrip() for row in section.rows]
        blocks.append("\n".join([section.title, *lines]))
    return "\n\n".join(blocks) + "\n"


def summary(history: History, thresholds: Thresholds, *, run: str, checkpoints: Sequence[Path]) -> RenderableType:
    """Return the report for a rich console; for the arguments, see `final_statistics`."""
    parts: list[RenderableType] = []
    for section in sections(history, thresholds, checkpoints):
        parts += [Text(section.title, style="bold"), _table(section), Text()]
    level = Level.INFO if history.latest is None else history.latest.level
    return Panel(
        Group(*parts[:-1]),
        title=Text(printable(f"posterior of run {run}"), style="bold"),
        title_align="left",
        border_style=STYLES.get(level, "none"),
    )


def sections(history: History, thresholds: Thresholds, checkpoints: Sequence[Path]) -> list[Section]:
    """Return what the report says, without its form."""
    found = [Section(title="At the end", rows=_verdict(history)), Section(title="Checks", rows=_counts(history))]
    if metrics := _metrics(history):
        found.append(Section(title="Metrics", rows=metrics, header=True))
    found.append(Section(title="Thresholds", rows=_thresholds(history, thresholds)))
    found.append(Section(title="Checkpoints", rows=_checkpoints(checkpoints)))
    return found


def _verdict(history: History) -> tuple[tuple[str, str], ...]:
    latest = history.latest
    if latest is None:
        return (("level", "none: the posterior was never checked"),)
    rows = [
        ("level", str(latest.level)),
        ("condition", str(latest.condition)),
        ("at step", f"{latest.step:,}"),
        ("since", f"step {latest.since:,} ({latest.checks:,} check{'s' if latest.checks != 1 else ''})"),
    ]
    for label, sentences in (("why", latest.reasons), ("next", latest.advice)):
        rows += [("" if i else label, printable(sentence)) for i, sentence in enumerate(sentences)]
    return tuple(rows)


def _counts(history: History) -> tuple[tuple[str, str], ...]:
    at_levels = ", ".join(f"{level} {history.checks_at(level):,}" for level in LEVELS)
    rows = [
        ("checks", f"{history.checks:,} ({at_levels})"),
        ("warnings", f"{history.warnings:,} checks above green"),
        ("changes", f"{history.changes:,} of level or condition"),
    ]
    for level in LEVELS[1:]:
        step = history.first_at_least(level)
        name = f"first {level}" if level == LEVELS[-1] else f"first {level} or worse"
        rows.append((name, NEVER if step is None else f"step {step:,}"))
    return tuple(rows)


def _metrics(history: History) -> tuple[tuple[str, ...], ...]:
    rows = []
    for name, (label, shown) in METRICS.items():
        view = history.series(name).view()
        if not view.total:
            continue

        def at_step(point: Point | None, shown: Callable[[float], str] = shown) -> str:
            return "-" if point is None else f"{shown(point.value)} at step {point.step:,}"

        rows.append((label, shown(view.last), at_step(view.lowest), at_step(view.highest), f"{view.nonfinite:,}"))
    return (("metric", "last", "smallest", "largest", "NaN or infinite"), *rows) if rows else ()


def _thresholds(history: History, thresholds: Thresholds) -> tuple[tuple[str, str], ...]:
    original = thresholds.detector == "original"
    rules = " (fast)" if original and thresholds.fast_detection else ""
    rows = [("detector", f"{thresholds.detector}{rules}")]
    limits = limits_in_force(thresholds, dimensions=history.dimensions, sample_sets=history.sample_sets)
    rows += [(METRICS[limit.metric][0], _in_words(limit)) for limit in limits]
    if original:
        rows.append(("reconstruction loss", f"rises by more than {RISING_SLOPE} a check over {SLOPE_CHECKS} checks"))
    else:
        rows.append(("first checks, always green", f"{thresholds.min_checks:,}"))
        rows.append(("checks of a trend", f"{thresholds.window_size:,}"))
    return tuple(rows)


def _in_words(limit: Limit) -> str:
    shown = METRICS[limit.metric][1]
    side = "below" if limit.low else "above"
    return f"{side} {shown(limit.value)}{f', {limit.note}' if limit.note else ''}"


def _checkpoints(checkpoints: Sequence[Path]) -> tuple[tuple[str, str], ...]:
    def place(path: Path) -> int:
        kind = _kind(path)
        return CHECKPOINT_KINDS.index(kind) if kind in CHECKPOINT_KINDS else len(CHECKPOINT_KINDS)

    rows = tuple((_kind(path), printable(str(path))) for path in sorted(checkpoints, key=lambda p: (place(p), p.name)))
    return rows or (("none", "this run left no checkpoint"),)


def _kind(path: Path) -> str:
    return printable(path.stem.partition("-")[0])


def _table(section: Section) -> Table:
    table = Table(box=None, show_header=section.header, padding=(0, 2, 0, 0), header_style="dim")
    head = section.rows[0]
    for i in range(len(head)):
        table.add_column(Text(head[i]) if section.header else "", style="dim" if i == 0 else "", overflow="fold")
    for row in section.rows[1 if section.header else 0 :]:
        table.add_row(*map(Text, row))
    return table
