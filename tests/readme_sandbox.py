"""A home and a working directory in which the commands of the READMEs find what they name, small."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from seqsetvae.cli import prepare
from tests.data.prepare.meds_sets import write_set as write_meds_set
from tests.data.prepare.raw_sets import write_set as write_raw_set
from tests.logs import event_files, wandb_files
from tests.pages import ROOT

#: No command on data this small takes longer, on a busy machine.
SECONDS = 180


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
        """Run one command, or a few lines of them, in bash."""
        done = subprocess.run(
            ["bash", "-euc", command],
            cwd=self.work,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        return Outcome(code=done.returncode, said=done.stdout[-2000:])

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "PYTEST_", "COV_"))}
        path = os.pathsep.join([str(self.root / "bin"), str(Path(sys.executable).parent), kept["PATH"]])
        return {**kept, "HOME": str(self.root / "home"), "PATH": path, "OMP_NUM_THREADS": "1", "COLUMNS": "120"}


def furnish(root: Path) -> Sandbox:
    """Make a sandbox: the checkout's own files, a synthetic cohort, and small inputs of every kind."""
    sandbox = Sandbox(root=root)
    work, home = sandbox.work, root / "home"
    for directory in (work, home / "archives", root / "bin"):
        directory.mkdir(parents=True)
    shutil.copytree(ROOT / "examples", work / "examples")
    (work / ".venv").mkdir()
    (work / ".venv" / "bin").symlink_to(Path(sys.executable).parent)
    prepare.main(["synthetic", str(work / "data" / "cohort"), "--patients", "40", "--mean_sets", "4", "--jobs", "1"])
    _physionet(work / "raw", home / "archives")
    _meds(work)
    _other_tools(work)
    shutil.copytree(ROOT / "examples" / "logs" / "healthy", work / "logs" / "p12-beta05")
    (work / "stricter.yaml").write_text("collapse:\n  kl_threshold: 4\n")
    notify = root / "bin" / "notify.sh"
    notify.write_text("#!/bin/sh\ncat > /dev/null\n")
    notify.chmod(0o755)
    return sandbox


def _physionet(raw: Path, archives: Path) -> None:
    """Sets a and b as they lie there once unpacked, and set a as it is downloaded."""
    write_raw_set(raw, "a", stays=76)  # of both sets, enough for 50 steps: then comes the first check of the posterior
    write_raw_set(raw, "b", stays=24, first=2000)
    shutil.copy(raw / "Outcomes-a.txt", archives)
    subprocess.run(["tar", "-czf", str(archives / "set-a.tar.gz"), "-C", str(raw), "set-a"], check=True)


def _meds(work: Path) -> None:
    meds = work / "data" / "mimic_meds"
    labels = write_meds_set(meds)
    shutil.copy(labels, work / "labels.parquet")
    (meds / "task_labels").mkdir()
    (meds / "task_labels" / "mortality").mkdir()
    shutil.move(labels, meds / "task_labels" / "mortality" / "labels.parquet")


def _other_tools(work: Path) -> None:
    """Logs of TensorBoard, of Lightning's table and of W&B."""
    for version in ("version_0", "version_1"):
        (work / "lightning_logs" / version).mkdir(parents=True)
    events = [event_files.event(1.7e9 + step, step, [event_files.simple("train_kl_step", step)]) for step in range(50)]
    (work / "lightning_logs" / "version_0" / "events.out.tfevents.1.host").write_bytes(event_files.file_of(events))
    table = "epoch,step,train_loss,val_auc\n0,10,0.5,\n0,10,,0.75\n0,20,0.4,\n"
    (work / "lightning_logs" / "version_1" / "metrics.csv").write_text(table)
    offline = work / "wandb" / "offline-run-20250807_120000-abc"
    offline.mkdir(parents=True)
    rows = [wandb_files.row(step, train__loss=1.0 / (1 + step)) for step in range(5)]
    (offline / "run-abc.wandb").write_bytes(wandb_files.file_of(rows))
