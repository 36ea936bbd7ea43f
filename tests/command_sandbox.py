"""A home and a working directory in which the commands of the documents find what they name, small."""

from __future__ import annotations

import contextlib
import io
import os
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from seqsetvae.cli import analyze, bench, import_logs, prepare, train, visualize
from tests.data.prepare.meds_sets import write_set as write_meds_set
from tests.data.prepare.raw_sets import write_set as write_raw_set
from tests.logs import event_files, wandb_files
from tests.pages import ROOT
from tui import command

PROGRAMS: dict[str, Callable[[Sequence[str]], int]] = {
    "seqsetvae-analyze": analyze.main,
    "seqsetvae-bench": bench.main,
    "seqsetvae-import": import_logs.main,
    "seqsetvae-prepare": prepare.main,
    "seqsetvae-train": train.main,
    "seqsetvae-visualize": visualize.main,
    "seqsetvae-watch": command.main,
}
"""The programs run inside the test: importing torch for each command would take most of the time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a command ended: its exit code, and the end of what it said."""

    code: int
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """A place to run commands in, as one would type them in a checkout."""

    root: Path

    @property
    def work(self) -> Path:
        """The working directory; it stands for the checkout."""
        return self.root / "checkout"

    def run(self, command: str) -> Outcome:
        """Run one of our programs with its words."""
        program, *words = shlex.split(command)
        written = io.BytesIO()
        said = io.TextIOWrapper(written, encoding="utf-8", write_through=True)
        with self._entered(), contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            code = PROGRAMS[Path(program).name](words)
        return Outcome(code=code, said=written.getvalue().decode()[-2000:])

    @contextlib.contextmanager
    def _entered(self) -> Iterator[None]:
        """Be in the working directory, at home in the sandbox, without a terminal."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "COV_"))}
        path = os.pathsep.join([str(self.root / "bin"), str(Path(sys.executable).parent), kept["PATH"]])
        own = {"HOME": str(self.root / "home"), "PATH": path, "TERM": "dumb", "COLUMNS": "120"}
        with contextlib.chdir(self.work), mock.patch.dict(os.environ, {**kept, **own}, clear=True):
            yield


def furnish(root: Path) -> Sandbox:
    """Make a sandbox: the checkout's own files, a synthetic cohort, and small inputs of every kind."""
    sandbox = Sandbox(root=root)
    work = sandbox.work
    for directory in (work, root / "home", root / "bin"):
        directory.mkdir(parents=True)
    shutil.copytree(ROOT / "examples", work / "examples")
    prepare.main(["synthetic", str(work / "data" / "cohort"), "--patients", "40", "--mean_sets", "4", "--jobs", "1"])
    write_raw_set(work / "raw", "a", stays=40)
    write_raw_set(work / "raw", "b", stays=20, first=2000)
    _meds(work)
    _other_tools(work)
    for run in ("logs/p12-beta05", "runs/mine"):
        shutil.copytree(ROOT / "examples" / "logs" / "healthy", work / run)
    (work / "stricter.yaml").write_text("collapse:\n  kl_threshold: 4\n")
    notify = root / "bin" / "notify.sh"
    notify.write_text("#!/bin/sh\ncat > /dev/null\n")
    notify.chmod(0o755)
    return sandbox


def _meds(work: Path) -> None:
    meds = work / "data" / "mimic_meds"
    labels = write_meds_set(meds)
    shutil.copy(labels, work / "labels.parquet")
    (meds / "task_labels" / "mortality").mkdir(parents=True)
    shutil.move(labels, meds / "task_labels" / "mortality" / "labels.parquet")


def _other_tools(work: Path) -> None:
    """Logs of TensorBoard, of Lightning's table and of W&B, and a table of names."""
    for version in ("version_0", "version_1"):
        (work / "lightning_logs" / version).mkdir(parents=True)
    events = [event_files.event(1.7e9 + step, step, [event_files.simple("train_kl_step", step)]) for step in range(50)]
    (work / "lightning_logs" / "version_0" / "events.out.tfevents.1.host").write_bytes(event_files.file_of(events))
    table = "epoch,step,train_loss,val_auc\n0,10,0.5,\n0,10,,0.75\n0,20,0.4,\n"
    (work / "lightning_logs" / "version_1" / "metrics.csv").write_text(table)
    (work / "old").mkdir()
    (work / "old" / "table.csv").write_text(table)
    (work / "names.yaml").write_text("train_loss: train/loss\n")
    offline = work / "wandb" / "offline-run-20250807_120000-abc"
    offline.mkdir(parents=True)
    rows = [wandb_files.row(step, train__loss=1.0 / (1 + step)) for step in range(5)]
    (offline / "run-abc.wandb").write_bytes(wandb_files.file_of(rows))
