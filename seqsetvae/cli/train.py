"""`seqsetvae-train`: train a SeqSetVAE and append its metric streams to a log directory."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from seqsetvae.commandline.config_flags import build_parser, parse_config, to_yaml
from seqsetvae.commandline.program import run_program
from seqsetvae.commandline.program_parser import ProgramParser
from seqsetvae.errors import InputError
from seqsetvae.i18n.language import tr
from seqsetvae.stream.values import printable
from seqsetvae.training.config import TrainConfig
from seqsetvae.training.launch_variables import devices_asked_for, forget_other_launches, is_one_of_several
from seqsetvae.training.launching import end_with_main_process

if TYPE_CHECKING:
    from seqsetvae.training.ranks import Ranks

PROGRAM = "seqsetvae-train"
DESCRIPTION = (
    "Train a sequential set-VAE on DATA_DIR and append metric streams to LOG_DIR/RUN, where seqsetvae-watch shows them."
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code."""
    end_with_main_process()
    return run_program(PROGRAM, run, argv)


def run(argv: Sequence[str]) -> int:
    """Train, or evaluate a checkpoint."""
    parser = make_parser()
    if not argv:
        parser.print_help()
        return 0
    try:
        config, print_config = parse_config(TrainConfig, parser, argv, inherit=inherited)
    except InputError:
        if not is_one_of_several():
            raise
        from seqsetvae.training.ranks import Ranks

        with Ranks(PROGRAM):  # says it once
            raise
    if print_config:
        print(to_yaml(TrainConfig, config.to_dict()), end="")
        return 0
    processes = config.num_nodes * devices_asked_for(config.devices)
    forget_other_launches(os.environ, processes=processes, num_nodes=config.num_nodes)
    # This imports torch and Lightning, which --help and --print_config need not wait for.
    from lightning_fabric.utilities.rank_zero import rank_zero_only

    from seqsetvae.training.ranks import Ranks

    _set_up_logging(verbose=config.verbose)  # after Lightning's import, which sets its own levels

    talks = getattr(rank_zero_only, "rank", 0) == 0
    with Ranks(PROGRAM) as ranks:
        _train_or_test(config, ranks, Console(stderr=True, quiet=not talks), Console(quiet=not talks))
    return 0


def make_parser() -> ProgramParser:
    """Return the program's parser."""
    return build_parser(TrainConfig, prog=PROGRAM, description=DESCRIPTION)


def inherited(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the settings of the checkpoint that is resumed or tested: they stand in for the defaults.

    Raises:
        InputError: the checkpoint cannot be read.
    """
    resumed = given.get("resume_from_checkpoint")
    source = resumed or given.get("test_checkpoint")
    if source is None:
        return {}
    from seqsetvae.training.checkpoint_contents import read_checkpoint  # imports torch, which --help need not wait for
    from seqsetvae.training.inherited_settings import inherited_settings

    return inherited_settings(read_checkpoint(Path(source)), given, resuming=resumed is not None, say=_say)


def _say(sentence: str) -> None:
    """Print a sentence once, however many processes train."""
    from lightning_fabric.utilities.rank_zero import rank_zero_only

    if getattr(rank_zero_only, "rank", 0) == 0:
        print(printable(sentence), file=sys.stderr)


def _train_or_test(config: TrainConfig, ranks: Ranks, console: Console, output: Console) -> None:
    from seqsetvae.training import run as training
    from seqsetvae.training.closing_report import closing_report
    from seqsetvae.training.slurm_job import SlurmJob

    job = SlurmJob.of(config, os.environ)
    built = training.build_run(config if job is None else job.continued(config), console, ranks, job=job)
    if config.test_checkpoint is not None:
        _print_test(training.test(built, Path(config.test_checkpoint)), output)
        return
    watch = tr("run {run}: watch it with  seqsetvae-watch {logdir}", run=built.logger.name, logdir=config.log_dir)
    with closing_report(built, console) as report:

        def begun() -> None:
            console.print(watch, markup=False)
            report.begun = True

        training.train(built, to_yaml(TrainConfig, built.config.to_dict()), begun=begun)
        if job is not None:
            job.finished(built.saver.directory)
        if built.watch is not None and built.watch.history.checks:
            console.print(built.watch.parts.report.summary())
        if config.test_after_training and report.best is not None:
            report.test = training.test(built, report.best)
            _print_test(report.test, output)


def _print_test(found: Mapping[str, float], console: Console) -> None:
    table = Table(title=tr("test split"), title_justify="left")
    table.add_column(tr("metric"))
    table.add_column(tr("value"), justify="right")
    for name, value in sorted(found.items()):
        table.add_row(name.removeprefix("test/"), f"{value:.4f}")
    console.print(table)


def _set_up_logging(*, verbose: bool) -> None:
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, format="%(message)s", stream=sys.stderr)
    for name in ("pytorch_lightning", "lightning_fabric", "lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.INFO if verbose else logging.WARNING)
