"""`seqsetvae-bench memory`: what a training step takes, part by part, on the longest patients of the cohort."""

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
    config_of,
    opened_cohort,
)
from seqsetvae.benchmark.bench_table import figures_table
from seqsetvae.commandline.config_flags import convert
from seqsetvae.training.config import Precision

if TYPE_CHECKING:
    from seqsetvae.benchmark.step_memory import MemoryRow


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """Add the command and its flags."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "memory", help="memory of training steps", description=__doc__
    )
    add_cohort_flags(parser, batch_sizes=[1, 4, 16], patients=64)
    parser.add_argument("--precision", default="32", help="32, bf16-mixed or 16-mixed (32)")
    add_model_flags(parser)
    return parser


def check(options: argparse.Namespace) -> None:
    """Refuse what cannot be measured."""
    check_cohort(options)
    convert(options.precision, Precision, "--precision")


def measure(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Make two steps at each batch size, each in a process of its own."""
    check_device(options)
    from seqsetvae.benchmark.machine_facts import machine_facts
    from seqsetvae.benchmark.step_memory import SAFE_SHARE, MemoryTask, largest_safe_batch, longest, measure_memory
    from seqsetvae.benchmark.training_step import Objective

    facts, config = machine_facts(), config_of(options)
    memory = facts.gpu_memory if options.device == "cuda" else facts.memory
    rows: list[MemoryRow] = []
    with opened_cohort(options) as (cohort, directory):
        for batch_size in sorted(options.batch_sizes):
            console.print(f"the {batch_size} longest patients …", highlight=False)
            rows.append(
                measure_memory(
                    MemoryTask(
                        data_dir=directory,
                        patients=longest(cohort.train.set_counts.tolist(), batch_size),
                        model=config.model(num_variables=len(cohort.variables), embedding_dim=None),
                        objective=Objective.of(config),
                        precision=convert(options.precision, Precision, "--precision"),
                        device=options.device,
                    )
                )
            )
    console.print(_table(rows, memory))
    largest = largest_safe_batch(rows, memory)
    console.print(_sentence(largest, memory, SAFE_SHARE), highlight=False)
    return {"rows": [asdict(row) for row in rows], "memory": memory, "largest_safe_batch": largest}


def _table(rows: Sequence[MemoryRow], memory: int) -> Table:
    headings = ("batch", "sets", "events", "peak", "process", "weights", "grads", "optim", "activ", "of all")
    table = figures_table("memory of a training step on the longest patients, MiB", headings)
    for row in rows:
        if row.peak is None:
            table.add_row(str(row.batch_size), "", "", "killed", *[""] * 6)
            continue
        sizes = (row.peak, row.process, row.weights, row.gradients, row.optimizer, row.activations)
        table.add_row(
            str(row.batch_size), f"{row.sets:,}", f"{row.events:,}", *(f"{size / 2**20:,.0f}" for size in sizes),
            f"{row.peak / memory:.1%}",
        )  # fmt: skip
    return table


def _sentence(largest: int | None, memory: int, share: float) -> str:
    if largest is None:
        return "two batch sizes that differ in memory are needed to say what fits"
    return (
        f"about {largest:,} of the longest patients would fill {share:.0%} of {memory / 2**30:.1f} GiB, "
        "the most that counts as safe (a line through the smallest and the largest batch)"
    )
