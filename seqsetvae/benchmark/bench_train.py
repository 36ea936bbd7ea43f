"""`seqsetvae-bench train`: whole optimizer steps, the plain per-set reference beside them, and what watching costs."""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from itertools import product
from pathlib import Path
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
from seqsetvae.commandline.config_flags import convert
from seqsetvae.errors import InputError
from seqsetvae.i18n.message import Message
from seqsetvae.training.config import DEFAULT_UPDATE_FREQUENCY, Precision

if TYPE_CHECKING:
    from seqsetvae.benchmark.loading import LoadingRow
    from seqsetvae.benchmark.monitoring_cost import Cost
    from seqsetvae.benchmark.training_speed import SpeedRow
    from seqsetvae.benchmark.training_step import Workload

#: Checks every so many steps, beside the default: as often as anyone would want them.
FREQUENT = 20


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """Add the command and its flags."""
    train: argparse.ArgumentParser = commands.add_parser(
        "train", help="throughput of training steps", description=measure.__doc__
    )
    add_cohort_flags(train, batch_sizes=[1, 4, 16], patients=64)
    train.add_argument("--reference_patients", type=int, default=8, help="of these, for the reference; 0 = skip it (8)")
    train.add_argument("--precision", nargs="+", default=["32"], help="32, bf16-mixed, 16-mixed; several may be given")
    train.add_argument("--compile_model", action="store_true", help="measure the compiled model too; takes minutes")
    train.add_argument(
        "--num_workers", type=int, nargs="+", default=[0], metavar="N",
        help="processes that load batches; several may be given (0)",
    )  # fmt: skip
    train.add_argument("--recommend", action="store_true", help="print the fastest safe seqsetvae-train line")
    train.add_argument("--rounds", type=int, default=40, help="steps with and without monitoring; 0 = skip it (40)")
    train.add_argument(
        "--update_frequency", type=int, nargs="+", default=[DEFAULT_UPDATE_FREQUENCY, FREQUENT], metavar="N",
        help=Message(
            "steps between two checks of the posterior ({default} {frequent})",
            default=DEFAULT_UPDATE_FREQUENCY, frequent=FREQUENT,
        ),
    )  # fmt: skip
    add_model_flags(train)
    return train


def check(options: argparse.Namespace) -> None:
    """Refuse what cannot be measured."""
    check_cohort(options)
    for name in ("rounds", "reference_patients"):
        if getattr(options, name) < 0:
            raise InputError("--{name} must not be negative, got {value}", name=name, value=getattr(options, name))
    if min(options.num_workers) < 0:
        raise InputError("--num_workers {num_workers} must not be negative", num_workers=options.num_workers)
    if min(options.update_frequency) < 1:
        raise InputError(
            "--update_frequency {update_frequency} must be at least 1", update_frequency=options.update_frequency
        )
    if options.recommend and options.data_dir is None:
        raise InputError("--recommend needs the data that will be trained on: name it with --data_dir")


def measure(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Time whole optimizer steps: batched at several batch sizes, the plain per-set reference beside them."""
    check_device(options)
    from seqsetvae.benchmark import training_speed as speed
    from seqsetvae.benchmark.training_step import Objective, Workload

    precisions: list[Precision] = [convert(text, Precision, "--precision") for text in options.precision]
    config, largest = config_of(options), max(options.batch_sizes)
    with opened_cohort(options) as (cohort, directory):
        workload = Workload(
            patients=chosen_patients(cohort, options, console),
            model=config.model(num_variables=len(cohort.variables), embedding_dim=None),
            objective=Objective.of(config),
            device=options.device,
        )
        peak = speed.peaks(precisions, options.device)
        rows = _steps(options, console, workload, peak)
        loading = _loading(options, console, directory)
    costs = _costs(options, console, workload) if options.rounds else []
    shares: dict[str, float] = {}
    if options.device == "cpu":
        shares = speed.time_shares(workload, batch_size=largest, precision=precisions[0])
    _print(console, rows, loading, costs, shares, peak)
    figures = {
        "peak_flops": peak,
        "rows": [asdict(row) for row in rows],
        "loading": [asdict(row) for row in loading],
        "monitoring": [asdict(cost) for cost in costs],
        "time_shares": shares,
    }
    if options.recommend:
        figures["recommendation"] = _recommended(options, console, rows, loading)
    return figures


def _steps(
    options: argparse.Namespace, console: Console, workload: Workload, peak: Mapping[Precision, float]
) -> list[SpeedRow]:
    from seqsetvae.benchmark import training_speed as speed

    rows: list[SpeedRow] = []
    for compiled in (False, True) if options.compile_model else (False,):
        for precision, batch_size in product(peak, sorted(options.batch_sizes)):
            how = "batched, compiled" if compiled else "batched"
            console.print(f"{how}, {precision}, batch size {batch_size} …", highlight=False)
            rows.append(
                speed.measure_batched(
                    workload, batch_size=batch_size, precision=precision, peak=peak[precision], compiled=compiled
                )
            )
    if options.reference_patients:
        console.print(f"per-set reference on {options.reference_patients} patients …", highlight=False)
        every = max(1, len(workload.patients) // options.reference_patients)
        few = replace(workload, patients=workload.patients[::every][: options.reference_patients])
        rows.append(speed.measure_reference(few, batch_size=max(options.batch_sizes)))
    return rows


def _loading(options: argparse.Namespace, console: Console, data_dir: Path) -> list[LoadingRow]:
    from seqsetvae.benchmark.loading import measure_loading

    rows: list[LoadingRow] = []
    for num_workers in options.num_workers:
        console.print(f"loading with {num_workers} workers …", highlight=False)
        rows.append(measure_loading(data_dir, batch_size=max(options.batch_sizes), num_workers=num_workers))
    return rows


def _costs(options: argparse.Namespace, console: Console, workload: Workload) -> list[Cost]:
    from seqsetvae.benchmark.monitoring_cost import measure_monitoring

    costs: list[Cost] = []
    for batch_size in options.batch_sizes:
        console.print(f"monitoring on and off in turn, batch size {batch_size} …", highlight=False)
        costs += measure_monitoring(
            workload, batch_size=batch_size, update_frequencies=options.update_frequency, rounds=options.rounds
        )
    return costs


def _recommended(
    options: argparse.Namespace, console: Console, rows: Sequence[SpeedRow], loading: Sequence[LoadingRow]
) -> dict[str, Any]:
    from seqsetvae.benchmark.machine_facts import machine_facts
    from seqsetvae.benchmark.recommendation import recommend

    facts = machine_facts()
    memory = facts.gpu_memory if options.device == "cuda" else facts.memory
    found = recommend(rows, loading, data_dir=options.data_dir, memory=memory, device=options.device)
    console.print("\nthe fastest safe settings of those measured:")
    console.print(found.command, markup=False, highlight=False, soft_wrap=True)
    for reason in found.reasons:
        console.print(f"  {reason}", markup=False, highlight=False)
    return asdict(found)


def _print(
    console: Console,
    rows: Sequence[SpeedRow],
    loading: Sequence[LoadingRow],
    costs: Sequence[Cost],
    shares: Mapping[str, float],
    peak: Mapping[Precision, float],
) -> None:
    console.print(_speed_table(rows))
    for precision, flops in peak.items():
        batched = [row for row in rows if row.precision == precision and row.flops_per_patient]
        best = max(batched, key=lambda row: row.patients_per_second)
        console.print(
            f"{precision}: matrix products run at up to {flops / 1e9:.0f} GFLOP/s here; a patient takes "
            f"{best.flops_per_patient / 1e9:.2f} GFLOP, so the arithmetic limit is "
            f"{flops / best.flops_per_patient:.1f} patients/s and {best.peak_share:.0%} of it is reached",
            highlight=False,
        )
    reference = [row for row in rows if row.flops_per_patient == 0]
    if reference:
        best = max((row for row in rows if row.flops_per_patient), key=lambda row: row.patients_per_second)
        ratio = best.patients_per_second / reference[0].patients_per_second
        console.print(f"{ratio:.1f} times the plain per-set reference", highlight=False)
    console.print(_loading_table(loading))
    if costs:
        console.print(_cost_table(costs))
    for batch_size, parts in {cost.batch_size: cost.parts for cost in costs}.items():
        console.print(
            f"batch size {batch_size}: {parts.update * 1e3:.2f} ms to add a batch, "
            f"{parts.sampled_update * 1e3:.2f} ms with its sample, {parts.check * 1e3:.2f} ms a check, "
            f"{parts.ablation * 1e3:.0f} ms a measurement of z ablation",
            highlight=False,
        )
    if shares:
        console.print("time of a step: " + ", ".join(f"{name} {share:.0%}" for name, share in shares.items()))


def _speed_table(rows: Sequence[SpeedRow]) -> Table:
    headings = ("model", "batch", "bits", "patients/s", "sets/s", "events/s", "memory", "padding", "peak")
    table = figures_table(f"training steps on {os.cpu_count()} cores, {platform.machine()}", headings)
    for row in rows:
        table.add_row(
            f"{row.name}, compiled" if row.compiled else row.name, str(row.batch_size),
            row.precision.removesuffix("-mixed"), f"{row.patients_per_second:.2f}",
            f"{row.sets_per_second:,.0f}", f"{row.events_per_second:,.0f}", f"{row.peak_memory / 2**20:,.0f} MiB",
            f"{row.padding_waste:.1%}", f"{row.peak_share:.0%}" if row.peak_share else "",
        )  # fmt: skip
    return table


def _loading_table(rows: Sequence[LoadingRow]) -> Table:
    table = figures_table("loading alone, nothing computed", ("workers", "batch", "patients/s", "first batch"))
    for row in rows:
        table.add_row(
            str(row.num_workers), str(row.batch_size), f"{row.patients_per_second:,.0f}", f"{row.start_seconds:.2f} s"
        )
    return table


def _cost_table(costs: Sequence[Cost]) -> Table:
    headings = ("monitoring", "batch", "step without", "in pairs", "all parts", "of a step")
    table = figures_table(
        "what watching the posterior costs: adding batches, in pairs of steps; and all of it, part by part", headings
    )
    for cost in costs:
        table.add_row(
            f"every {cost.update_frequency} steps", str(cost.batch_size), f"{cost.seconds_without * 1e3:.1f} ms",
            f"{cost.overhead_in_pairs:+.2%}", f"{cost.seconds_of_parts * 1e3:.2f} ms",
            f"{cost.overhead_of_parts:.2%}",
        )  # fmt: skip
    return table
