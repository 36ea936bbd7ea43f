"""`seqsetvae-prepare`: turns raw data into the layout that training reads.

One subcommand per source. A new source is a converter in `seqsetvae.data.prepare` and a `Command` here.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from seqsetvae.commandline.console import table_console
from seqsetvae.commandline.program import run_options
from seqsetvae.commandline.program_parser import ProgramParser
from seqsetvae.data.parallel import available_cores
from seqsetvae.data.prepare.conversion_report import PrepareReport, print_report
from seqsetvae.data.prepare.meds import prepare_meds
from seqsetvae.data.prepare.meds_selection import MedsPlan
from seqsetvae.data.prepare.physionet2012 import prepare_physionet2012
from seqsetvae.data.prepare.splitting import DEFAULT_SHARES, SplitPlan
from seqsetvae.data.prepare.synthetic import CohortPlan, prepare_synthetic
from seqsetvae.errors import InputError
from seqsetvae.i18n.message import Message

PROGRAM = "seqsetvae-prepare"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One subcommand: its name, its line of help, its own arguments, and what it runs."""

    name: str
    summary: str
    arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], PrepareReport]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code."""
    return run_options(make_parser, run, argv)


def run(arguments: argparse.Namespace) -> None:
    """Convert what the options name, and print what came of it."""
    report = arguments.run(arguments)
    print_report(report, table_console(), out_dir=arguments.out_dir)


def make_parser() -> ProgramParser:
    """Return the program's parser."""
    parser = ProgramParser(
        prog=PROGRAM,
        description="Turn raw data into OUT/patient_ehr/{train,valid,test}/<id>.parquet, stats.csv and oc.csv.",
        epilog=Message("See also: {program} COMMAND --help", program=PROGRAM),
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in COMMANDS:
        sub = commands.add_parser(command.name, help=command.summary, description=command.summary, allow_abbrev=False)
        command.arguments(sub)
        sub.add_argument("--seed", type=int, default=0, help="decides everything random (default: %(default)s)")
        sub.add_argument(
            "--split",
            type=float,
            nargs=3,
            default=DEFAULT_SHARES,
            metavar=("TRAIN", "VALID", "TEST"),
            help="shares of the patients (default: 0.7 0.15 0.15)",
        )
        sub.add_argument("--jobs", type=int, default=available_cores(), help="processes (default: %(default)s)")
        sub.add_argument(
            "--force", action="store_true", help="write into a directory that holds other things than an earlier output"
        )
        sub.set_defaults(run=command.run)
    return parser


def _physionet2012_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "raw_dirs",
        metavar="RAW",
        nargs="+",
        type=Path,
        help="a directory with set-a/, set-b/ … and their Outcomes-*.txt, or such a set itself",
    )
    parser.add_argument("out_dir", metavar="OUT", type=Path, help="where to write")


def _run_physionet2012(arguments: argparse.Namespace) -> PrepareReport:
    return prepare_physionet2012(
        arguments.raw_dirs,
        arguments.out_dir,
        plan=_split_plan(arguments),
        jobs=_jobs(arguments),
        force=arguments.force,
    )


def _synthetic_arguments(parser: argparse.ArgumentParser) -> None:
    defaults = CohortPlan()
    parser.add_argument("out_dir", metavar="OUT", type=Path, help="where to write")
    parser.add_argument(
        "--patients", type=int, default=defaults.patients, help="size of the cohort (default: %(default)s)"
    )
    parser.add_argument(
        "--mean_sets", type=float, default=defaults.mean_sets, help="mean sets per patient (default: %(default)s)"
    )


def _run_synthetic(arguments: argparse.Namespace) -> PrepareReport:
    return prepare_synthetic(
        arguments.out_dir,
        cohort=CohortPlan(patients=arguments.patients, mean_sets=arguments.mean_sets, seed=arguments.seed),
        shares=_split_plan(arguments),
        jobs=_jobs(arguments),
        force=arguments.force,
    )


def _meds_arguments(parser: argparse.ArgumentParser) -> None:
    defaults = MedsPlan()
    parser.add_argument("meds_dir", metavar="MEDS_DIR", type=Path, help="the data set: data/ and metadata/")
    parser.add_argument("out_dir", metavar="OUT", type=Path, help="where to write")
    parser.add_argument(
        "--labels",
        type=Path,
        required=True,
        metavar="LABELS",
        help="parquet file, or directory of such files, with subject_id, prediction_time and boolean_value; only "
        "events up to the prediction time are used",
    )
    parser.add_argument(
        "--min_count",
        type=int,
        default=defaults.min_count,
        help="events of the train split that a code needs, rarer ones are folded together (default: %(default)s)",
    )
    parser.add_argument(
        "--window_hours",
        type=float,
        default=defaults.window_hours,
        help="use only so many hours before the prediction time (default: all)",
    )


def _run_meds(arguments: argparse.Namespace) -> PrepareReport:
    return prepare_meds(
        arguments.meds_dir,
        arguments.labels,
        arguments.out_dir,
        meds=MedsPlan(min_count=arguments.min_count, window_hours=arguments.window_hours),
        split=_split_plan(arguments),
        jobs=_jobs(arguments),
        force=arguments.force,
    )


def _split_plan(arguments: argparse.Namespace) -> SplitPlan:
    train, valid, test = arguments.split
    return SplitPlan(seed=arguments.seed, shares=(train, valid, test))


def _jobs(arguments: argparse.Namespace) -> int:
    jobs: int = arguments.jobs
    if jobs < 1:
        raise InputError("--jobs is {jobs}, but must be at least 1.", jobs=jobs)
    return jobs


COMMANDS = (
    Command(
        name="physionet2012",
        summary="The PhysioNet/CinC Challenge 2012: set-*/<RecordID>.txt and Outcomes-*.txt.",
        arguments=_physionet2012_arguments,
        run=_run_physionet2012,
    ),
    Command(
        name="meds",
        summary="The Medical Event Data Standard 0.4: data/**/*.parquet, metadata/subject_splits.parquet and labels.",
        arguments=_meds_arguments,
        run=_run_meds,
    ),
    Command(
        name="synthetic",
        summary="A synthetic cohort with everything that a model has to learn; for demos and tests.",
        arguments=_synthetic_arguments,
        run=_run_synthetic,
    ),
)


if __name__ == "__main__":
    sys.exit(main())
