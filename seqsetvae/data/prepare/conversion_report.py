"""The report of a conversion: counts per split, and per variable the scale and what clipping would change.

The report is written beside the data, holds neither times nor absolute paths, and so is the same for the same input.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from seqsetvae.data import layout
from seqsetvae.data.layout import Split
from seqsetvae.data.prepare.patient_events import SplitCounts
from seqsetvae.data.prepare.scaling import Rule, ValueScale
from seqsetvae.strict_json import encode_pretty

#: Extreme values shown per end: enough to see whether they are typing errors or a long tail.
EXTREMES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class VariableReport:
    """One variable's scale, and what lies further than `clip_value` scales from its location.

    Attributes:
        lowest, highest: The most extreme values, raw, the most extreme first.
        clipped, clipped_share: How many values of all splits lie outside, and their share.
    """

    variable: str
    events: int
    location: float
    scale: float
    rule: Rule
    clipped: int
    clipped_share: float
    lowest: list[float]
    highest: list[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepareReport:
    """The results of a conversion.

    Attributes:
        source: The converter's name.
        options: What the conversion depends on besides its input.
        clip_value: The limit that `variables` were counted against.
        notes: How often something was left out, by reason.
    """

    source: str
    options: Mapping[str, Any]
    clip_value: float
    splits: Mapping[Split, SplitCounts]
    variables: tuple[VariableReport, ...]
    notes: Mapping[str, int]

    def total(self) -> SplitCounts:
        """Return the counts of all splits together."""
        total = SplitCounts()
        for counts in self.splits.values():
            total.add(counts)
        return total

    def write(self, directory: Path) -> None:
        """Write the report as JSON into `directory`."""
        content = asdict(self) | {"total": asdict(self.total())}
        (directory / layout.REPORT).write_bytes(encode_pretty(content))


def report_variable(
    name: str, blocks: Iterable[NDArray[np.float32]], scale: ValueScale, *, clip_value: float
) -> VariableReport:
    """Describe all values of a variable, which come in blocks: their scale, and how many are clipped."""
    events = clipped = 0
    lowest = highest = np.empty(0, dtype=np.float32)
    for values in blocks:
        scaled = (values.astype(np.float64) - scale.location) / scale.scale
        events += values.size
        clipped += int(np.count_nonzero(np.abs(scaled) > clip_value))
        distinct = np.unique(values)
        lowest = np.unique(np.concatenate([lowest, distinct[:EXTREMES]]))[:EXTREMES]
        highest = np.unique(np.concatenate([highest, distinct[-EXTREMES:]]))[-EXTREMES:]
    return VariableReport(
        variable=name,
        events=events,
        location=scale.location,
        scale=scale.scale,
        rule=scale.rule,
        clipped=clipped,
        clipped_share=clipped / events,
        lowest=[_shortest(value) for value in lowest],
        highest=[_shortest(value) for value in highest[::-1]],
    )


def _shortest(value: np.float32) -> float:
    """Return the float with the shortest digits: 39.1, and not 39.099998474."""
    return float(str(value))


def print_report(report: PrepareReport, console: Console, *, out_dir: Path) -> None:
    """Print the splits and the variables as tables."""
    console.print(_split_table(report))
    console.print(_variable_table(report))
    for reason, count in report.notes.items():
        console.print(f"Left out: {count:,} {reason}.", markup=False, highlight=False)
    console.print(f"Written to {out_dir}", markup=False, highlight=False, soft_wrap=True)


def _split_table(report: PrepareReport) -> Table:
    table = Table(title="Patients by split")
    for column in (
        "split",
        "patients",
        "positive",
        "share",
        "events",
        "sets",
        "events/set",
        "largest set",
        "sets/patient",
    ):
        table.add_column(column, justify="left" if column == "split" else "right")
    rows = [*report.splits.items(), ("all", report.total())]
    for name, counts in rows:
        table.add_row(
            name,
            f"{counts.patients:,}",
            f"{counts.positive:,}",
            f"{counts.positive / max(counts.patients, 1):.1%}",
            f"{counts.events:,}",
            f"{counts.sets:,}",
            f"{counts.events / max(counts.sets, 1):.1f}",
            f"{counts.largest_set}",
            f"{counts.sets / max(counts.patients, 1):.0f}",
        )
    return table


def _variable_table(report: PrepareReport) -> Table:
    table = Table(title=f"Variables: scale, and what --clip_value {report.clip_value:g} clips, most clipped first")
    for column in ("variable", "events", "location", "scale", "clipped", "share", "lowest", "highest"):
        table.add_column(column, justify="left" if column == "variable" else "right")
    for row in sorted(report.variables, key=lambda row: -row.clipped_share):
        table.add_row(
            row.variable,
            f"{row.events:,}",
            f"{row.location:.4g}",
            f"{row.scale:.4g}",
            f"{row.clipped:,}",
            f"{row.clipped_share:.2%}",
            " ".join(f"{value:g}" for value in row.lowest),
            " ".join(f"{value:g}" for value in row.highest),
        )
    return table
