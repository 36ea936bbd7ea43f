"""`seqsetvae-bench batches`: shapes, masks and padding of batches, and that a step takes each of them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from seqsetvae.benchmark.bench_cohort import (
    add_cohort_flags,
    add_model_flags,
    check_cohort,
    check_device,
    chosen_patients,
    config_of,
    opened_cohort,
)
from seqsetvae.benchmark.bench_table import figures_table
from seqsetvae.errors import InputError

if TYPE_CHECKING:
    from seqsetvae.benchmark.batch_shapes import ShapeRow


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """Add the command and its flags."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "batches", help="shapes and padding of batches", description=__doc__
    )
    add_cohort_flags(parser, batch_sizes=[1, 4, 16, 32], patients=64)
    add_model_flags(parser)
    return parser


def check(options: argparse.Namespace) -> None:
    """Refuse what cannot be measured."""
    check_cohort(options)


def measure(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Pack the patients at each batch size, and make a step with every batch.

    Raises:
        InputError: a step gave a number that is none.
    """
    check_device(options)
    from seqsetvae.benchmark.batch_shapes import describe_batches
    from seqsetvae.benchmark.training_speed import bucketed_batches
    from seqsetvae.benchmark.training_step import Objective, TrainingStep

    config = config_of(options)
    rows: list[ShapeRow] = []
    with opened_cohort(options) as (cohort, _):
        patients = chosen_patients(cohort, options, console)
        model = config.model(num_variables=len(cohort.variables), embedding_dim=None)
        for batch_size in sorted(options.batch_sizes):
            console.print(f"batch size {batch_size} …", highlight=False)
            step = TrainingStep(model, Objective.of(config), precision="32", device=options.device)
            rows.append(describe_batches(bucketed_batches(patients, batch_size), step))
    console.print(_shapes(rows))
    console.print(_padding(rows))
    broken = [row.batch_size for row in rows if not row.finite]
    if not broken:
        console.print("every step was taken, every gradient is finite")
    else:
        raise InputError(
            f"batches of {broken[0]} gave a gradient that is no number; look for extreme values in the data"
        )
    return {"rows": [asdict(row) for row in rows]}


def _shapes(rows: Sequence[ShapeRow]) -> Table:
    headings = ("batch", "batches", "blocks", "width", "slots", "steps", "events", "forward", "step")
    table = figures_table("packed batches: blocks × width cells, slots for sets, steps for histories", headings)
    for row in rows:
        extents = (row.blocks, row.width, row.slots, row.steps, row.events)
        table.add_row(
            str(row.batch_size), str(row.batches), *map(_range, extents), f"{row.forward_seconds * 1e3:.0f} ms",
            f"{row.step_seconds * 1e3:.0f} ms",
        )  # fmt: skip
    return table


def _padding(rows: Sequence[ShapeRow]) -> Table:
    headings = ("batch", "packed", "patients × events", "sets × largest set", "of it masked")
    table = figures_table("padding, as a share of the cells of each form", headings)
    for row in rows:
        shares = (f"{share:.1%}" for share in (row.packed, row.rectangular, row.sets))
        table.add_row(str(row.batch_size), *shares, f"{row.masked:,}")
    return table


def _range(extent: tuple[int, int]) -> str:
    low, high = extent
    return f"{low:,}" if low == high else f"{low:,}–{high:,}"
