"""The tables of `seqsetvae-bench` as pictures: each figure beside what it is compared with, readable in grey."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from seqsetvae.figures.posterior_figure import drawable
from seqsetvae.figures.posterior_panel import LIMIT_COLOUR, LIMIT_STYLE, MUTED, TEXT_COLOUR

#: Dark to light, so that neighbours differ in grey too.
SHADES = ("#12355b", "#4f86b0", "#a9c8dd", "#d2691e", "#eec32b")
HATCHES = ("", "//", "..", "xx", "--")
MARKERS = ("o", "s", "^", "D", "v")
WIDTH, HEIGHT, DPI = 9.0, 4.2, 110


def draw_png(command: str, figures: Mapping[str, Any], machine: str) -> bytes:
    """Return a picture of a command's figures as the bytes of a PNG file; `machine` is said below it."""
    figure = draw(command, figures, machine)
    FigureCanvasAgg(figure)
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI)
    return buffer.getvalue()


def draw(command: str, figures: Mapping[str, Any], machine: str) -> Figure:
    """Draw the figures that `seqsetvae-bench COMMAND --json` holds."""
    figure = Figure(figsize=(WIDTH, HEIGHT), facecolor="white")
    DRAWERS[command](figure, figures)
    for ax in figure.axes:
        ax.spines[["top", "right"]].set_visible(False)
        ax.tick_params(labelsize=8, colors=TEXT_COLOUR)
        ax.title.set(fontsize=10, color=TEXT_COLOUR)
    figure.text(0.01, 0.01, drawable(machine), fontsize=6.5, color=MUTED, parse_math=False)
    figure.tight_layout(rect=(0, 0.04, 1, 1))
    return figure


def _draw_train(figure: Figure, figures: Mapping[str, Any]) -> None:
    ax = figure.subplots()
    rows = [row for row in figures["rows"] if row["name"] != "reference"]
    kinds = sorted({(row["compiled"], row["precision"]) for row in rows})
    for place, (compiled, precision) in enumerate(kinds):
        chosen = [row for row in rows if (row["compiled"], row["precision"]) == (compiled, precision)]
        ax.plot(
            [row["batch_size"] for row in chosen], [row["patients_per_second"] for row in chosen],
            color=SHADES[place % len(SHADES)], marker=MARKERS[place % len(MARKERS)],
            label=f"precision {precision}{', compiled' if compiled else ''}",
        )  # fmt: skip
    for precision, flops in figures["peak_flops"].items():
        needed = max(row["flops_per_patient"] for row in rows if row["precision"] == precision)
        _limit(ax, flops / needed, f"arithmetic limit, {precision}")
    for row in figures["rows"]:
        if row["name"] == "reference":
            _limit(ax, row["patients_per_second"], "per-set reference")
    sizes = sorted({row["batch_size"] for row in rows})
    ax.set_xscale("log", base=2)
    ax.set_yscale("log")
    ax.set_xticks(sizes, [str(size) for size in sizes])
    ax.set_xlabel("patients in a batch", fontsize=9)
    ax.set_ylabel("patients per second (log)", fontsize=9)
    ax.set_title("throughput of training steps")
    ax.grid(visible=True, axis="y", color="#000000", alpha=0.12, linewidth=0.6)
    _legend(ax)


def _draw_memory(figure: Figure, figures: Mapping[str, Any]) -> None:
    ax = figure.subplots()
    rows = [row for row in figures["rows"] if row["peak"] is not None]
    parts = ("process", "weights", "gradients", "optimizer", "activations")
    _stacked(
        ax, [str(row["batch_size"]) for row in rows], {part: [row[part] / 2**20 for row in rows] for part in parts}
    )
    ax.set_xlabel("patients in a batch, the longest of the cohort", fontsize=9)
    ax.set_ylabel("MiB", fontsize=9)
    ax.set_title(f"memory of a training step, of {figures['memory'] / 2**30:.0f} GiB")
    _legend(ax)


def _draw_batches(figure: Figure, figures: Mapping[str, Any]) -> None:
    ax = figure.subplots()
    rows = figures["rows"]
    forms = {"packed": "packed", "rectangular": "patients × events", "sets": "sets × largest set"}
    shares = {label: [100 * row[name] for row in rows] for name, label in forms.items()}
    _grouped(ax, [str(row["batch_size"]) for row in rows], shares)
    ax.set_ylim(0, 100)
    ax.set_xlabel("patients in a batch", fontsize=9)
    ax.set_ylabel("padding, % of cells", fontsize=9)
    ax.set_title("cells that hold no event")
    _legend(ax)


def _draw_collapse(figure: Figure, figures: Mapping[str, Any]) -> None:
    left, right = figure.subplots(1, 2, width_ratios=(2, 1))
    found = {name: figures[name]["summary"] for name in ("posterior", "original")}
    first = found["posterior"]
    counts = {
        f"dead called red\n(of {first['dead']})": "caught",
        f"living called orange\n(of {first['alive']})": "false_orange",
        f"living called red\n(of {first['alive']})": "false_red",
    }
    _grouped(
        left, list(counts), {f"--detector {name}": [s[key] for key in counts.values()] for name, s in found.items()}
    )
    left.set_ylabel("runs", fontsize=9)
    left.yaxis.set_major_locator(MaxNLocator(integer=True))
    left.set_title(f"verdicts on {figures['runs']} runs of known fate")
    _legend(left, below=True)
    delays = {f"--detector {name}": [_or_nan(s["orange_delay"]), _or_nan(s["red_delay"])] for name, s in found.items()}
    _grouped(right, ["to orange", "to red"], delays)
    right.set_ylabel("checks after onset, median", fontsize=9)
    right.set_title("delay")


def _draw_watch(figure: Figure, figures: Mapping[str, Any]) -> None:
    left, right = figure.subplots(1, 2)
    logs = figures["logs"]
    names = [row["name"] for row in logs[0]["rows"]]
    lengths = [f"{log['lines']:,}" for log in logs]
    for ax, key, unit, label in (
        (left, "seconds", 1.0, "seconds, start included"),
        (right, "peak_memory", 2.0**20, "MiB at the peak"),
    ):
        _grouped(ax, lengths, {name: [log["rows"][i][key] / unit for log in logs] for i, name in enumerate(names)})
        ax.set_xlabel(f"lines of {logs[0]['metrics']} numbers", fontsize=9)
        ax.set_ylabel(label, fontsize=9)
    left.set_title("reading a log")
    right.set_title("memory for it")
    _legend(left, below=True)


DRAWERS: Mapping[str, Callable[[Figure, Mapping[str, Any]], None]] = {
    "train": _draw_train,
    "memory": _draw_memory,
    "batches": _draw_batches,
    "collapse": _draw_collapse,
    "watch": _draw_watch,
}


def _legend(ax: Axes, *, below: bool = False) -> None:
    """What the shades mean, where no bar is: beside the axes, or below them where others stand beside."""
    place: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (1.01, 1.0)}
    if below:
        place = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.2), "ncols": 3}
    ax.legend(frameon=False, fontsize=8, **place)


def _limit(ax: Axes, value: float, label: str) -> None:
    ax.axhline(value, color=LIMIT_COLOUR, linestyle=LIMIT_STYLE, linewidth=1.0)
    ax.annotate(
        f"{label}: {value:.3g}", (1.0, value), xycoords=("axes fraction", "data"), xytext=(-2, 3),
        textcoords="offset points", ha="right", fontsize=7.5, color=TEXT_COLOUR,
    )  # fmt: skip


def _grouped(ax: Axes, groups: Sequence[str], bars: Mapping[str, Sequence[float]]) -> None:
    """Bars side by side, each with its number."""
    width = 0.8 / len(bars)
    for place, (label, heights) in enumerate(bars.items()):
        x = [group + (place - (len(bars) - 1) / 2) * width for group in range(len(groups))]
        drawn = ax.bar(
            x, [0.0 if math.isnan(height) else height for height in heights], width * 0.92, label=label,
            color=SHADES[place % len(SHADES)],
            hatch=HATCHES[place % len(HATCHES)], edgecolor="white",
        )  # fmt: skip
        ax.bar_label(
            drawn,
            ["–" if math.isnan(height) else f"{height:.3g}" for height in heights],
            fontsize=7.5,
            padding=2,
            color=TEXT_COLOUR,
        )
    ax.set_xticks(range(len(groups)), list(groups))
    ax.margins(y=0.12)


def _or_nan(delay: float | None) -> float:
    return math.nan if delay is None else delay


def _stacked(ax: Axes, groups: Sequence[str], parts: Mapping[str, Sequence[float]]) -> None:
    """Bars on top of one another, with the sum of each."""
    bottom = [0.0] * len(groups)
    for place, (label, heights) in enumerate(parts.items()):
        ax.bar(
            groups, heights, 0.6, bottom=bottom, label=label, color=SHADES[place % len(SHADES)],
            hatch=HATCHES[place % len(HATCHES)], edgecolor="white",
        )  # fmt: skip
        bottom = [low + height for low, height in zip(bottom, heights, strict=True)]
    for group, total in zip(groups, bottom, strict=True):
        ax.annotate(f"{total:,.0f}", (group, total), xytext=(0, 3), textcoords="offset points", ha="center", fontsize=8)
    ax.margins(y=0.12)
