"""`seqsetvae-visualize`: the latent space, the errors and one patient's course, from a checkpoint and patients."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from seqsetvae.commandline.console import progress_lines
from seqsetvae.commandline.program import run_options
from seqsetvae.commandline.program_parser import ProgramParser
from seqsetvae.commandline.save_dir import make_writable, writing_to
from seqsetvae.data.layout import SPLITS
from seqsetvae.errors import InputError
from seqsetvae.i18n.language import tr
from seqsetvae.i18n.message import Message

if TYPE_CHECKING:
    import torch

    from seqsetvae.data.packed_store import Cohort
    from seqsetvae.visualization.trained_model import TrainedModel

PROGRAM = "seqsetvae-visualize"
SAVE_DIR = Path("visualizations")
BATCH_SIZE, MAX_BATCHES = 16, 100
#: Figures of a report, for a progress line.
FIGURES = 5


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code."""
    return run_options(make_parser, run, argv)


def run(options: argparse.Namespace) -> None:
    """Write the figures and tables of the model that the options name."""
    for name, least in (("batch_size", 1), ("max_batches", 0), ("seed", 0)):
        if getattr(options, name) < least:
            raise InputError(
                "--{name} must be at least {least}, got {value}", name=name, least=least, value=getattr(options, name)
            )
    if find_spec("torch") is None:
        raise InputError('looking into a model needs torch; install it with pip install "seqsetvae[train]"')
    console = Console(soft_wrap=True, highlight=False)
    for path in _visualize(options):
        console.print(Text(str(path)))


def make_parser() -> ProgramParser:
    """Return the program's parser."""
    parser = ProgramParser(prog=PROGRAM, description=__doc__, allow_abbrev=False)
    parser.add_argument(
        "--checkpoint", metavar="CKPT", type=Path, required=True, help="a checkpoint of seqsetvae-train"
    )
    parser.add_argument(
        "--data_dir", metavar="DIR", type=Path, required=True, help="prepared cohort, of the model's variables"
    )
    parser.add_argument(
        "--save_dir",
        metavar="DIR",
        type=Path,
        help=Message("where files go ({directory}/NAME_OF_CHECKPOINT)", directory=SAVE_DIR),
    )
    parser.add_argument("--split", choices=SPLITS, default="valid", help="whose patients (valid)")
    parser.add_argument(
        "--max_batches", metavar="N", type=int, default=MAX_BATCHES,
        help=Message("batches at most, of patients drawn at random; 0 takes all ({count})", count=MAX_BATCHES),
    )  # fmt: skip
    parser.add_argument(
        "--batch_size",
        metavar="N",
        type=int,
        default=BATCH_SIZE,
        help=Message("patients at a time ({count})", count=BATCH_SIZE),
    )
    parser.add_argument(
        "--sample", metavar="ID", help="patient of the time series; the one with the most sets of those seen by default"
    )
    parser.add_argument(
        "--device", choices=["auto", "cpu", "cuda"], default="auto", help="auto takes a GPU where there is one (auto)"
    )
    parser.add_argument(
        "--projection", choices=["auto", "umap", "pca"], default="auto",
        help="of the latent space; auto takes UMAP where umap-learn is installed (auto)",
    )  # fmt: skip
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="decides which patients are drawn (0)")
    for name, what in (("params_map_path", Message("table of scales")), ("label_path", Message("table of labels"))):
        parser.add_argument(
            f"--{name}",
            metavar="FILE",
            type=Path,
            help=Message("{table}; as in training by default, else that of DATA_DIR", table=what),
        )
    return parser


def _visualize(options: argparse.Namespace) -> list[Path]:
    from seqsetvae.benchmark.machine_facts import machine_facts
    from seqsetvae.visualization.inspection_report import InspectionOptions, InspectionReport
    from seqsetvae.visualization.trained_model import load_model

    trained = load_model(options.checkpoint, _device(options.device))
    cohort = _open_cohort(options, trained)
    inspected = InspectionOptions(
        data_dir=options.data_dir, split=options.split, batch_size=options.batch_size,
        max_batches=options.max_batches, sample=options.sample, seed=options.seed, umap=_umap(options.projection),
    )  # fmt: skip
    report = InspectionReport(trained, cohort, inspected)
    save_dir = options.save_dir or SAVE_DIR / options.checkpoint.stem
    make_writable(save_dir)
    with writing_to(save_dir), progress_lines() as progress:
        inspecting = progress.add_task("batches", total=len(report.batches))
        findings = report.gather(save_dir, lambda: progress.advance(inspecting))
        # UMAP compiles itself first, which takes longer than all the rest.
        projecting = progress.add_task("latent space", total=1)
        results = report.results(findings)
        progress.advance(projecting)
        drawing = progress.add_task("figures", total=FIGURES)
        return report.write(
            results, save_dir, machine=machine_facts().as_json(), progress=lambda: progress.advance(drawing)
        )


def _open_cohort(options: argparse.Namespace, trained: TrainedModel) -> Cohort:
    """Open the patients as training did: with its scales, clipping and longest sequence.

    Raises:
        InputError: they cannot be used, or have other variables than the model.
    """
    from seqsetvae.data.cohort_identity import cohort_identity
    from seqsetvae.data.packed_store import open_cohort

    settings = trained.settings
    cohort = open_cohort(
        options.data_dir,
        params_map_path=options.params_map_path or settings.params_map_path,
        label_path=options.label_path or settings.label_path,
        clip_value=settings.clip_value,
        missing_label=settings.missing_label,
        max_sequence_length=settings.max_sequence_length,
    )
    trained.check_fits(cohort.variables)
    if names := ", ".join(trained.header.other_data(cohort_identity(cohort))):
        notice = tr(
            "checkpoint {path} was trained on other data than {directory}: {names} differ.",
            path=options.checkpoint, directory=options.data_dir, names=names,
        )  # fmt: skip
        print(notice, file=sys.stderr)
    return cohort


def _device(name: str) -> torch.device:
    import torch

    there = torch.cuda.is_available()
    if name == "cuda" and not there:
        raise InputError("--device cuda: there is no CUDA device; leave it out to compute on the CPU")
    return torch.device("cuda" if there and name != "cpu" else "cpu")


def _umap(projection: str) -> Any:
    """Return the module of umap-learn, or None where principal components are to be taken.

    Raises:
        InputError: it is asked for, and not there.
    """
    from seqsetvae.visualization.projection import find_umap

    module = None if projection == "pca" else find_umap()
    if module is None and projection == "umap":
        raise InputError('--projection umap needs umap-learn; install it with pip install "seqsetvae[umap]"')
    return module


if __name__ == "__main__":
    sys.exit(main())
