"""A job of SLURM that is put back into the queue: where its state lies, and how it goes on there.

SLURM starts a job that it has requeued by the same command under the same number. `requeued.json` beside the
checkpoints of the run says which job was requeued and what its settings were; a run of another job, or of other
settings in the same one, never goes on from there.
"""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lightning_fabric.plugins.environments.slurm import SLURMEnvironment

from seqsetvae.atomic_file import write_whole
from seqsetvae.i18n.language import tr
from seqsetvae.small_file import read_small_file
from seqsetvae.stream.line_writer import to_stderr
from seqsetvae.strict_json import decode, encode_pretty
from seqsetvae.training.callbacks.checkpoint_saving import LAST
from seqsetvae.training.config import TrainConfig

#: What asks a job to put itself back into the queue, as `#SBATCH --signal=USR1@90` does.
REQUEUE = signal.SIGUSR1
REQUEUED_FILE, LARGEST = "requeued.json", 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SlurmJob:
    """The job that a run belongs to.

    Attributes:
        number: Of SLURM; `ARRAY_TASK` in an array of jobs.
        settings: The run's, as its command has them.
    """

    number: str
    settings: Mapping[str, Any]

    @classmethod
    def of(cls, config: TrainConfig, environ: Mapping[str, str]) -> SlurmJob | None:
        """Return the job of this process; None where it has none, or is a shell in one."""
        array, number = environ.get("SLURM_ARRAY_JOB_ID"), environ.get("SLURM_JOB_ID", "")
        if array is not None:
            number = f"{array}_{environ.get('SLURM_ARRAY_TASK_ID', '')}"
        if not SLURMEnvironment.detect() or not number.replace("_", "").isdecimal():
            return None
        return cls(number=number, settings=config.to_dict())

    def continued(self, config: TrainConfig) -> TrainConfig:
        """Return settings that go on with the run that this job was requeued with, if there is one."""
        if config.resume_from_checkpoint or config.test_checkpoint:
            return config
        for note in sorted(Path(config.output_dir).glob(f"*/{REQUEUED_FILE}")):
            found = _read(note)
            if found != {"job": self.number, "settings": dict(self.settings), "checkpoint": found.get("checkpoint")}:
                continue
            names = {Path(str(found["checkpoint"])).name, LAST}
            there = [path for path in (note.parent / name for name in names) if path.is_file()]
            if there:
                newest = max(there, key=lambda path: path.stat().st_mtime)
                return replace(config, resume_from_checkpoint=str(newest), pretrained_ckpt=None)
        return config

    def requeue(self, checkpoint: Path) -> None:
        """Put the job back into the queue, to go on from a checkpoint."""
        note = {"job": self.number, "settings": self.settings, "checkpoint": checkpoint.name}
        write_whole(checkpoint.with_name(REQUEUED_FILE), encode_pretty(note))
        try:
            done = subprocess.run(["scontrol", "requeue", self.number], capture_output=True, text=True, check=False)
            reason = done.stderr.strip() if done.returncode else ""
        except OSError as error:
            reason = str(error.strerror)
        if reason:
            to_stderr(tr("job {job} is not requeued: {reason}", job=self.number, reason=reason))

    @staticmethod
    def finished(directory: Path) -> None:
        """Forget that the job was requeued: its run has come to its end."""
        (directory / REQUEUED_FILE).unlink(missing_ok=True)


def _read(path: Path) -> dict[str, Any]:
    try:
        found = decode(read_small_file(path, LARGEST))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
