"""A job of SLURM that is requeued goes on with its own run, and no other run does."""

from __future__ import annotations

import dataclasses
import os
import signal
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl

from seqsetvae.training.config import TrainConfig
from seqsetvae.training.rank_end import TrainingInterrupted
from seqsetvae.training.run import build_run, train
from seqsetvae.training.slurm_job import SlurmJob
from tests.training_runs import add_first, checkpoints, metrics_of, quiet_console, resumptions_of, settings, trained

pytestmark = pytest.mark.usefixtures("one_thread")


def environment(monkeypatch: pytest.MonkeyPatch, number: str) -> None:
    job = {"SLURM_JOB_ID": number, "SLURM_JOB_NAME": "train", "SLURM_NTASKS": "1", "SLURM_NTASKS_PER_NODE": "1",
           "SLURM_PROCID": "0", "SLURM_LOCALID": "0", "SLURM_NODEID": "0"}  # fmt: skip
    for name, value in job.items():
        monkeypatch.setenv(name, value)


class SignalOnce(pl.Callback):
    def on_train_batch_start(self, trainer: pl.Trainer, module: Any, batch: Any, index: int) -> None:
        if index == 4:  # the first of the two batches of step 3
            os.kill(os.getpid(), signal.SIGUSR1)


def job_of(config: TrainConfig) -> SlurmJob:
    job = SlurmJob.of(config, os.environ)
    assert job is not None
    return job


@pytest.fixture
def config(tiny_cohort: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TrainConfig:
    """The settings of job 7, which was asked to requeue itself after two steps."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bin").mkdir()
    scontrol = tmp_path / "bin" / "scontrol"
    scontrol.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/asked\n')
    scontrol.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin{os.pathsep}{os.environ['PATH']}")
    environment(monkeypatch, "7")
    config = settings(tiny_cohort, tmp_path, max_steps=4)
    run = build_run(config, quiet_console(), job=job_of(config))
    add_first(run, SignalOnce())
    with pytest.raises(TrainingInterrupted):
        train(run, "")
    return config


def test_its_state_lies_with_the_run(config: TrainConfig, tmp_path: Path) -> None:
    assert (tmp_path / "asked").read_text() == "requeue 7\n"
    assert checkpoints(tmp_path, "interrupted-*") == ["interrupted-step000003.ckpt"]
    assert not list(tmp_path.glob("*.ckpt"))


def test_the_requeued_job_goes_on(config: TrainConfig, tmp_path: Path) -> None:
    again = job_of(config).continued(config)
    assert Path(str(again.resume_from_checkpoint)).name == "interrupted-step000003.ckpt"
    trained(again)
    assert [line.step for line in metrics_of(tmp_path) if "train/loss" in line.values] == [1, 2, 3, 4]
    assert resumptions_of(tmp_path) == [3]
    SlurmJob.finished(tmp_path / "checkpoints" / "run")
    assert job_of(config).continued(config) == config, "a run that has come to its end is begun anew"


def test_another_job_begins_a_run_of_its_own(config: TrainConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    environment(monkeypatch, "8")
    assert job_of(config).continued(config) == config


def test_so_does_another_command_of_the_same_job(config: TrainConfig) -> None:
    other = dataclasses.replace(config, seed=1)
    assert job_of(other).continued(other) == other


def test_a_shell_in_a_job_is_no_job(config: TrainConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLURM_JOB_NAME", "bash")
    assert SlurmJob.of(config, os.environ) is None
