"""The table: what each step costs at each size, and how it grew beside the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rich.table import Table

from benchmarks.scale.steps import Cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One cohort: its size, what each step cost, and MiB on the disk."""

    patients: int
    costs: Mapping[str, Cost]
    disk: Mapping[str, float]


def growth_per_data(smaller: tuple[int, float], larger: tuple[int, float]) -> float:
    """Return by what a cost grew, divided by what the data grew: 1 is in step with them, below 1 is slower.

    Args:
        smaller: Patients, and what they cost.
        larger: The same of more patients.
    """
    return larger[1] / max(smaller[1], 1e-9) / (larger[0] / smaller[0])


def growth_table(source: str, sizes: Sequence[Measured]) -> Table:
    """Make the table of one source; sizes in order."""
    table = Table(title=f"{source}: cost by patients, and its growth divided by that of the data")
    table.add_column("")
    for size in sizes:
        table.add_column(f"{size.patients:,}", justify="right")
    for _ in sizes[1:]:
        table.add_column("growth", justify="right")
    for name in sizes[0].costs:
        for unit, attribute in (("s of a core", "cpu"), ("MiB", "memory")):
            values = [getattr(size.costs[name], attribute) for size in sizes]
            _add_row(table, f"{name}, {unit}", sizes, values)
    for name in sizes[0].disk:
        _add_row(table, f"{name}, MiB on disk", sizes, [size.disk[name] for size in sizes])
    return table


def _add_row(table: Table, name: str, sizes: Sequence[Measured], values: Sequence[float]) -> None:
    points = [(size.patients, value) for size, value in zip(sizes, values, strict=True)]
    growth = [f"{growth_per_data(one, two):.2f}" for one, two in pairwise(points)]
    table.add_row(name, *(f"{value:,.1f}" for value in values), *growth)
