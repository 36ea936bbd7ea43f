"""What several measurements share: patients to measure with, and the model's dimensions."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from seqsetvae.errors import InputError
from seqsetvae.i18n.message import Message
from seqsetvae.training.config import TrainConfig

if TYPE_CHECKING:
    from seqsetvae.data.packed_store import Cohort
    from seqsetvae.data.patient import Patient

DIMENSIONS = ("reduced_dim", "latent_dim", "levels", "inducing_points", "decoder_layers")


def add_cohort_flags(parser: argparse.ArgumentParser, *, batch_sizes: list[int], patients: int) -> None:
    """Add the flags that choose patients."""
    sizes = " ".join(map(str, batch_sizes))
    parser.add_argument("--data_dir", type=Path, help="prepared cohort; a synthetic one by default")
    parser.add_argument(
        "--batch_sizes",
        type=int,
        nargs="+",
        default=batch_sizes,
        metavar="N",
        help=Message("patients per step ({sizes})", sizes=sizes),
    )
    parser.add_argument(
        "--patients",
        type=int,
        default=patients,
        help=Message("patients of the train split that are used ({count})", count=patients),
    )


def add_model_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags that choose the model's dimensions and where it computes."""
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"], help="cpu or cuda")
    for name in DIMENSIONS:
        default = TrainConfig.__dataclass_fields__[name].default
        parser.add_argument(
            f"--{name}", type=int, default=default, help=Message("as in seqsetvae-train ({default})", default=default)
        )


def check_cohort(options: argparse.Namespace) -> None:
    """Refuse batches that the patients cannot fill.

    Raises:
        InputError: a batch size is not positive, or larger than the number of patients.
    """
    if min(options.batch_sizes) < 1 or options.patients < max(options.batch_sizes):
        raise InputError(
            "--batch_sizes {sizes} must be at least 1 and at most --patients {count}",
            sizes=options.batch_sizes,
            count=options.patients,
        )


def check_device(options: argparse.Namespace) -> None:
    """Refuse a device that is not there; imports torch.

    Raises:
        InputError: there is no CUDA device.
    """
    import torch

    if options.device == "cuda" and not torch.cuda.is_available():
        raise InputError("--device cuda: there is no CUDA device; leave it out to measure on the CPU")


def config_of(options: argparse.Namespace) -> TrainConfig:
    """Return the settings of a training with these dimensions.

    Raises:
        InputError: a dimension is out of range.
    """
    return TrainConfig(data_dir="", **{name: getattr(options, name) for name in DIMENSIONS})


@contextmanager
def opened_cohort(options: argparse.Namespace) -> Iterator[tuple[Cohort, Path]]:
    """Open the cohort that is asked for, or one that is made for the purpose and removed afterwards; and say where.

    Raises:
        InputError: it cannot be used, or has too few patients.
    """
    from seqsetvae.data.packed_store import open_cohort
    from seqsetvae.data.prepare.splitting import SplitPlan
    from seqsetvae.data.prepare.synthetic import CohortPlan, prepare_synthetic

    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder) / "cohort" if options.data_dir is None else options.data_dir
        if options.data_dir is None:
            prepare_synthetic(
                directory, cohort=CohortPlan(patients=max(20, 2 * options.patients)), shares=SplitPlan(), jobs=1
            )
        cohort = open_cohort(directory)
        if len(cohort.train) < options.patients:
            raise InputError(
                "--patients {count} is more than the {total} of the train split",
                count=options.patients,
                total=len(cohort.train),
            )
        yield cohort, directory


def chosen_patients(cohort: Cohort, options: argparse.Namespace, console: Console) -> list[Patient]:
    """Return as many patients as are asked for, spread evenly over the train split, the shortest first."""
    every = len(cohort.train) // options.patients
    chosen = sorted((cohort.train[i * every] for i in range(options.patients)), key=lambda p: len(p.minute))
    console.print(
        f"{len(chosen)} patients of {options.data_dir or 'a synthetic cohort'}: "
        f"{sum(len(p.minute) for p in chosen) / len(chosen):.0f} sets and "
        f"{sum(len(p.value) for p in chosen) / len(chosen):.0f} events each on average",
        highlight=False,
    )
    return chosen
