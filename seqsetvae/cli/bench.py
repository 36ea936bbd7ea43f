"""`seqsetvae-bench`: measure speed, each figure beside one to compare it with."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from seqsetvae.cli.errors import run_main
from seqsetvae.cli.flags import FlagParser, convert, underscored
from seqsetvae.config import Precision, TrainConfig
from seqsetvae.data.errors import InputError

if TYPE_CHECKING:
    from seqsetvae.benchmark.training_speed import Cost, SpeedRow
    from seqsetvae.data.patient import Patient

PROGRAM = "seqsetvae-bench"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code."""
    return run_main(PROGRAM, lambda: run(sys.argv[1:] if argv is None else argv))


def run(argv: Sequence[str]) -> int:
    """Measure what the first word names."""
    parser = _parser()
    if not argv:
        parser.print_help()
        return 0
    options = parser.parse_args([underscored(word) for word in argv])
    _check(options)
    # Figures for a program go to stdout alone.
    _train(options, Console(stderr=options.json == "-"))
    return 0


def _check(options: argparse.Namespace) -> None:
    """Refuse in a second what would otherwise fail after minutes."""
    if min(options.batch_sizes) < 1 or options.patients < max(options.batch_sizes):
        raise InputError(
            f"--batch_sizes {options.batch_sizes} must be at least 1 and at most --patients {options.patients}"
        )
    if options.rounds < 1:
        raise InputError(f"--rounds must be at least 1, got {options.rounds}")
    if options.reference_patients < 0:
        raise InputError(f"--reference_patients must not be negative, got {options.reference_patients}")
    if options.json not in (None, "-"):
        _write(options.json, b"")


def _parser() -> FlagParser:
    parser = FlagParser(prog=PROGRAM, description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    train = commands.add_parser("train", help="throughput of training steps", description=_train.__doc__)
    train.add_argument("--data_dir", help="prepared cohort; a synthetic one by default")
    train.add_argument("--batch_sizes", type=int, nargs="+", default=[1, 4, 16], metavar="N", help="patients per step")
    train.add_argument("--patients", type=int, default=64, help="patients of the train split that are used (64)")
    train.add_argument("--reference_patients", type=int, default=8, help="of these, for the reference; 0 = skip it (8)")
    train.add_argument("--precision", nargs="+", default=["32"], help="32, bf16-mixed, 16-mixed; several may be given")
    train.add_argument("--rounds", type=int, default=40, help="pairs of steps with and without monitoring (40)")
    train.add_argument("--device", default="cpu", choices=["cpu", "cuda"], help="cpu or cuda")
    train.add_argument("--json", metavar="FILE", help="write all figures to FILE; - is stdout")
    for name in ("reduced_dim", "latent_dim", "levels", "inducing_points", "decoder_layers"):
        default = TrainConfig.__dataclass_fields__[name].default
        train.add_argument(f"--{name}", type=int, default=default, help=f"as in seqsetvae-train ({default})")
    return parser


def _train(options: argparse.Namespace, console: Console) -> None:
    """Time whole optimizer steps: batched at several batch sizes, the plain per-set reference beside them."""
    import torch

    from seqsetvae.benchmark import training_speed as speed
    from seqsetvae.benchmark.training_step import Objective

    if options.device == "cuda" and not torch.cuda.is_available():
        raise InputError("--device cuda: there is no CUDA device; leave it out to measure on the CPU")

    precisions: list[Precision] = [convert(text, Precision, "--precision") for text in options.precision]
    config = _config(options)
    patients, num_variables, update_frequency = _patients(options, console)
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
    console.print("monitoring on and off in turn …", highlight=False)
    batches = [batch.to(options.device) for batch in speed.bucketed_batches(patients, max(options.batch_sizes))]
    cost = speed.measure_monitoring(
        batches, model=model, objective=objective, device=options.device,
        update_frequency=update_frequency, rounds=options.rounds,
    )  # fmt: skip
    shares = (
        speed.time_shares(batches[len(batches) // 2], model=model, objective=objective, precision=precisions[0])
        if options.device == "cpu"
        else {}
    )
    _print(console, rows, cost, shares, peak)
    if options.json:
        content = orjson.dumps(speed.as_json(rows, cost, shares, peak), option=orjson.OPT_INDENT_2)
        _write(options.json, content)


def _config(options: argparse.Namespace) -> TrainConfig:
    try:
        return TrainConfig(
            data_dir="", reduced_dim=options.reduced_dim, latent_dim=options.latent_dim, levels=options.levels,
            inducing_points=options.inducing_points, decoder_layers=options.decoder_layers,
        )  # fmt: skip
    except ValueError as error:
        raise InputError(str(error)) from error


def _patients(options: argparse.Namespace, console: Console) -> tuple[list[Patient], int, int]:
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
        return chosen, len(cohort.variables), TrainConfig(data_dir="").check_every


def _print(
    console: Console, rows: Sequence[SpeedRow], cost: Cost, shares: dict[str, float], peak: dict[str, float]
) -> None:
    table = Table(
        title=f"training steps on {os.cpu_count()} cores, {platform.machine()}",
        title_justify="left",
        box=SIMPLE_HEAD,
        collapse_padding=True,
        pad_edge=False,
        show_edge=False,
    )
    headings = ("model", "batch", "bits", "patients/s", "sets/s", "events/s", "memory", "padding", "peak")
    for heading in headings:
        table.add_column(heading, justify="left" if heading == "model" else "right", no_wrap=True)
    for row in rows:
        table.add_row(
            row.name, str(row.batch_size), row.precision.removesuffix("-mixed"), f"{row.patients_per_second:.2f}",
            f"{row.sets_per_second:,.0f}", f"{row.events_per_second:,.0f}", f"{row.peak_memory / 2**20:,.0f} MiB",
            f"{row.padding_waste:.1%}", f"{row.peak_share:.0%}" if row.peak_share else "",
        )  # fmt: skip
    console.print(table)
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
    console.print(
        f"monitoring every {cost.update_frequency} steps: {cost.seconds_without * 1e3:.1f} ms a step without, "
        f"{cost.seconds_with * 1e3:.1f} ms with; {cost.overhead:+.2%} in pairs, "
        f"{cost.seconds_alone / cost.seconds_without:.2%} by the monitoring's own {cost.seconds_alone * 1e3:.2f} ms",
        highlight=False,
    )
    if shares:
        console.print("time of a step: " + ", ".join(f"{name} {share:.0%}" for name, share in shares.items()))


def _write(target: str, content: bytes) -> None:
    if target == "-":
        sys.stdout.buffer.write(content + b"\n")
        return
    try:
        Path(target).write_bytes(content + b"\n")
    except OSError as error:
        raise InputError(f"--json {target} cannot be written: {error.strerror}") from error
