"""`seqsetvae-bench train`: whole optimizer steps, the plain per-set reference beside them, and what watching costs."""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from seqsetvae.cli.flags import convert
from seqsetvae.config import DEFAULT_UPDATE_FREQUENCY, Precision, TrainConfig
from seqsetvae.data.errors import InputError

if TYPE_CHECKING:
    from seqsetvae.benchmark.monitoring_cost import Cost
    from seqsetvae.benchmark.training_speed import SpeedRow
    from seqsetvae.benchmark.training_step import Objective
    from seqsetvae.data.patient import Patient
    from seqsetvae.model.config import ModelConfig

#: Checks every so many steps, beside the default: as often as anyone would want them.
FREQUENT = 20


def add_parser(commands: Any) -> None:
    """Add the command's flags."""
    train = commands.add_parser("train", help="throughput of training steps", description=measure.__doc__)
    train.add_argument("--data_dir", help="prepared cohort; a synthetic one by default")
    train.add_argument("--batch_sizes", type=int, nargs="+", default=[1, 4, 16], metavar="N", help="patients per step")
    train.add_argument("--patients", type=int, default=64, help="patients of the train split that are used (64)")
    train.add_argument("--reference_patients", type=int, default=8, help="of these, for the reference; 0 = skip it (8)")
    train.add_argument("--precision", nargs="+", default=["32"], help="32, bf16-mixed, 16-mixed; several may be given")
    train.add_argument("--rounds", type=int, default=40, help="steps with and without monitoring, of each (40)")
    train.add_argument(
        "--update_frequency", type=int, nargs="+", default=[DEFAULT_UPDATE_FREQUENCY, FREQUENT], metavar="N",
        help=f"steps between two checks of the posterior ({DEFAULT_UPDATE_FREQUENCY} {FREQUENT})",
    )  # fmt: skip
    train.add_argument("--device", default="cpu", choices=["cpu", "cuda"], help="cpu or cuda")
    train.add_argument("--json", metavar="FILE", help="write all figures to FILE; - is stdout")
    for name in ("reduced_dim", "latent_dim", "levels", "inducing_points", "decoder_layers"):
        default = TrainConfig.__dataclass_fields__[name].default
        train.add_argument(f"--{name}", type=int, default=default, help=f"as in seqsetvae-train ({default})")


def check(options: argparse.Namespace) -> None:
    """Refuse what cannot be measured."""
    if min(options.batch_sizes) < 1 or options.patients < max(options.batch_sizes):
        raise InputError(
            f"--batch_sizes {options.batch_sizes} must be at least 1 and at most --patients {options.patients}"
        )
    if options.rounds < 1:
        raise InputError(f"--rounds must be at least 1, got {options.rounds}")
    if min(options.update_frequency) < 1:
        raise InputError(f"--update_frequency {options.update_frequency} must be at least 1")
    if options.reference_patients < 0:
        raise InputError(f"--reference_patients must not be negative, got {options.reference_patients}")


def measure(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Time whole optimizer steps: batched at several batch sizes, the plain per-set reference beside them."""
    import torch

    from seqsetvae.benchmark import training_speed as speed
    from seqsetvae.benchmark.training_step import Objective

    if options.device == "cuda" and not torch.cuda.is_available():
        raise InputError("--device cuda: there is no CUDA device; leave it out to measure on the CPU")

    precisions: list[Precision] = [convert(text, Precision, "--precision") for text in options.precision]
    config = _config(options)
    patients, num_variables = _patients(options, console)
    model, objective = config.model(num_variables=num_variables, embedding_dim=None), Objective.of(config)
    peak = speed.peaks(precisions, options.device)
    rows: list[SpeedRow] = []
    for precision in precisions:
        for batch_size in options.batch_sizes:
            console.print(f"batched, {precision}, batch size {batch_size} …", highlight=False)
            rows.append(
                speed.measure_batched(
                    patients, batch_size=batch_size, model=model, objective=objective, precision=precision,
                    device=options.device, peak=peak[precision],
                )
            )  # fmt: skip
    if options.reference_patients:
        console.print(f"per-set reference on {options.reference_patients} patients …", highlight=False)
        spread = patients[:: max(1, len(patients) // options.reference_patients)][: options.reference_patients]
        rows.append(
            speed.measure_reference(
                spread, batch_size=max(options.batch_sizes), model=model, objective=objective, device=options.device
            )
        )
    costs = _costs(options, console, patients, model, objective)
    shares: dict[str, float] = {}
    if options.device == "cpu":
        batches = speed.bucketed_batches(patients, max(options.batch_sizes))
        shares = speed.time_shares(
            batches[len(batches) // 2], model=model, objective=objective, precision=precisions[0]
        )
    _print(console, rows, costs, shares, peak)
    return speed.as_json(rows, costs, shares, peak)


def _costs(
    options: argparse.Namespace,
    console: Console,
    patients: Sequence[Patient],
    model: ModelConfig,
    objective: Objective,
) -> list[Cost]:
    from seqsetvae.benchmark.monitoring_cost import measure_monitoring
    from seqsetvae.benchmark.training_speed import bucketed_batches

    costs: list[Cost] = []
    for batch_size in options.batch_sizes:
        console.print(f"monitoring on and off in turn, batch size {batch_size} …", highlight=False)
        costs += measure_monitoring(
            [batch.to(options.device) for batch in bucketed_batches(patients, batch_size)],
            model=model,
            objective=objective,
            device=options.device,
            update_frequencies=options.update_frequency,
            rounds=options.rounds,
        )
    return costs


def _config(options: argparse.Namespace) -> TrainConfig:
    try:
        return TrainConfig(
            data_dir="", reduced_dim=options.reduced_dim, latent_dim=options.latent_dim, levels=options.levels,
            inducing_points=options.inducing_points, decoder_layers=options.decoder_layers,
        )  # fmt: skip
    except ValueError as error:
        raise InputError(str(error)) from error


def _patients(options: argparse.Namespace, console: Console) -> tuple[list[Patient], int]:
    from seqsetvae.data.prepare.splitting import SplitPlan
    from seqsetvae.data.prepare.synthetic import CohortPlan, prepare_synthetic
    from seqsetvae.data.store import open_cohort

    with tempfile.TemporaryDirectory() as folder:
        directory = options.data_dir
        if directory is None:
            directory = Path(folder) / "cohort"
            prepare_synthetic(
                directory, cohort=CohortPlan(patients=max(20, 2 * options.patients)), shares=SplitPlan(), jobs=1
            )
        cohort = open_cohort(directory)
        if len(cohort.train) < options.patients:
            raise InputError(f"--patients {options.patients} is more than the {len(cohort.train)} of the train split")
        every = len(cohort.train) // options.patients
        chosen = sorted((cohort.train[i * every] for i in range(options.patients)), key=lambda p: len(p.minute))
        console.print(
            f"{len(chosen)} patients of {options.data_dir or 'a synthetic cohort'}: "
            f"{sum(len(p.minute) for p in chosen) / len(chosen):.0f} sets and "
            f"{sum(len(p.value) for p in chosen) / len(chosen):.0f} events each on average",
            highlight=False,
        )
        return chosen, len(cohort.variables)


def _print(
    console: Console, rows: Sequence[SpeedRow], costs: Sequence[Cost], shares: dict[str, float], peak: dict[str, float]
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
    console.print(_cost_table(costs))
    for batch_size, parts in {cost.batch_size: cost.parts for cost in costs}.items():
        console.print(
            f"batch size {batch_size}: {parts.update * 1e3:.2f} ms to take in a batch, "
            f"{parts.sampled_update * 1e3:.2f} ms with its sample, {parts.check * 1e3:.2f} ms a check, "
            f"{parts.ablation * 1e3:.0f} ms a measurement of z ablation",
            highlight=False,
        )
    if shares:
        console.print("time of a step: " + ", ".join(f"{name} {share:.0%}" for name, share in shares.items()))


def _speed_table(rows: Sequence[SpeedRow]) -> Table:
    headings = ("model", "batch", "bits", "patients/s", "sets/s", "events/s", "memory", "padding", "peak")
    table = _table(f"training steps on {os.cpu_count()} cores, {platform.machine()}", headings)
    for row in rows:
        table.add_row(
            row.name, str(row.batch_size), row.precision.removesuffix("-mixed"), f"{row.patients_per_second:.2f}",
            f"{row.sets_per_second:,.0f}", f"{row.events_per_second:,.0f}", f"{row.peak_memory / 2**20:,.0f} MiB",
            f"{row.padding_waste:.1%}", f"{row.peak_share:.0%}" if row.peak_share else "",
        )  # fmt: skip
    return table


def _cost_table(costs: Sequence[Cost]) -> Table:
    headings = ("monitoring", "batch", "step without", "in pairs", "all parts", "of a step")
    table = _table(
        "what watching the posterior costs: taking in batches, in pairs of steps; and all of it, part by part", headings
    )
    for cost in costs:
        table.add_row(
            f"every {cost.update_frequency} steps", str(cost.batch_size), f"{cost.seconds_without * 1e3:.1f} ms",
            f"{cost.overhead_in_pairs:+.2%}", f"{cost.seconds_of_parts * 1e3:.2f} ms",
            f"{cost.overhead_of_parts:.2%}",
        )  # fmt: skip
    return table


def _table(title: str, headings: Sequence[str]) -> Table:
    """Return an empty table whose first column is words and whose others are numbers."""
    table = Table(
        title=title, title_justify="left", box=SIMPLE_HEAD, collapse_padding=True, pad_edge=False, show_edge=False
    )
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="left" if number == 0 else "right", no_wrap=True)
    return table
