"""The SLURM script: what it starts, how a job that runs out of time ends, and how it goes on.

SLURM is a stand-in, and so is the trainer but in the last test.
"""

from __future__ import annotations

import shlex
import signal
import sys
from pathlib import Path

import pytest

from seqsetvae.cli import prepare
from seqsetvae.commandline.config_flags import build_parser, parse_config
from seqsetvae.stream.codec import decode_event
from seqsetvae.training.config import TrainConfig
from tests.examples.stand_ins import SECONDS, Stage

SCRIPT = "slurm_train.sh"
JOB = {
    "SLURM_JOB_ID": "42",
    "SLURM_JOB_NUM_NODES": "2",
    "SLURM_NTASKS_PER_NODE": "4",
    "SLURM_CPUS_PER_TASK": "8",
}

# Runs what follows its own options in its own place, so that signals reach the trainer as srun would hand them on.
SRUN = 'while [[ $1 == -* ]]; do shift; done; exec "$@"'
TRAIN = """
mkdir -p checkpoints/my-run && touch checkpoints/my-run/last.ckpt
finish() { mkdir -p logs/my-run && echo '{"state": "finished"}' >logs/my-run/run.json; }
if [[ -e ends-with ]]; then exit "$(cat ends-with)"; fi
trap '[[ -e deaf ]] || { [[ ! -e at-its-end ]] || finish; exit 143; }' TERM
touch running
until false; do sleep 0.05; done
"""


@pytest.fixture
def cluster(tmp_path: Path) -> Stage:
    stage = Stage(root=tmp_path, environment=dict(JOB))
    stage.stand_in("srun", SRUN)
    stage.stand_in("scontrol", "")
    stage.stand_in("seqsetvae-train", TRAIN)
    return stage


def interrupted(cluster: Stage, number: signal.Signals) -> tuple[int, str]:
    """Send a signal to the script while it trains; return its exit code and what it said."""
    with cluster.start(SCRIPT, "data/cohort", "my-run") as process:
        cluster.wait_for("running")
        process.send_signal(number)
        said, _ = process.communicate(timeout=240)
        return process.returncode, said


def test_it_trains_on_all_that_the_job_has(cluster: Stage) -> None:
    (cluster.root / "ends-with").write_text("0")
    assert cluster.run(SCRIPT, "data/cohort", "my-run", "--max_beta", "0.05") == (0, "")
    assert cluster.calls("srun")[0].startswith("--kill-on-bad-exit=1 --cpus-per-task=8 seqsetvae-train ")
    parser = build_parser(TrainConfig, prog="seqsetvae-train", description="")
    config, _ = parse_config(TrainConfig, parser, shlex.split(cluster.calls("seqsetvae-train")[0]))
    assert (config.num_nodes, config.devices, config.num_workers) == (2, "4", 8)
    assert (config.data_dir, config.run_name, config.max_beta) == ("data/cohort", "my-run", 0.05)
    assert config.resume_from_checkpoint is None
    assert cluster.calls("scontrol") == []


def test_out_of_time_it_saves_and_goes_back_into_the_queue(cluster: Stage) -> None:
    code, said = interrupted(cluster, signal.SIGUSR1)
    assert code == 143
    assert "SIGUSR1: training stops after its step, and saves." in said
    assert cluster.calls("scontrol") == ["requeue 42"]


def test_back_from_the_queue_it_goes_on(cluster: Stage) -> None:
    interrupted(cluster, signal.SIGUSR1)
    (cluster.root / "ends-with").write_text("0")
    assert cluster.run(SCRIPT, "data/cohort", "my-run")[0] == 0
    first, second = cluster.calls("seqsetvae-train")
    assert second == f"{first} --resume_from_checkpoint checkpoints/my-run/last.ckpt"
    assert cluster.calls("scontrol") == ["requeue 42"], "a run that has ended stays out of the queue"


def test_training_that_ended_by_itself_in_the_last_minutes_stays_out_of_the_queue(cluster: Stage) -> None:
    (cluster.root / "at-its-end").touch()
    interrupted(cluster, signal.SIGUSR1)
    assert cluster.calls("scontrol") == []


def test_cancelled_or_preempted_it_saves_and_leaves_the_queue_to_slurm(cluster: Stage) -> None:
    code, said = interrupted(cluster, signal.SIGTERM)
    assert (code, cluster.calls("scontrol")) == (143, [])
    assert "SIGTERM: training stops" in said


def test_training_that_does_not_stop_is_killed_before_slurm_kills_the_job(cluster: Stage) -> None:
    (cluster.root / "deaf").touch()
    cluster.environment["STOP_SECONDS"] = "0"
    code, said = interrupted(cluster, signal.SIGUSR1)
    assert code == 128 + signal.SIGKILL
    assert "has not stopped in 0 seconds" in said
    assert cluster.calls("scontrol") == ["requeue 42"]


def test_training_that_fails_is_not_tried_again(cluster: Stage) -> None:
    (cluster.root / "ends-with").write_text("2")
    assert cluster.run(SCRIPT, "data/cohort", "my-run")[0] == 2
    assert cluster.calls("scontrol") == []


def test_without_a_run_it_says_how_it_is_used(cluster: Stage) -> None:
    code, said = cluster.run(SCRIPT, "data/cohort")
    assert code != 0
    assert "usage: sbatch examples/slurm_train.sh DATA_DIR RUN_NAME" in said


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_real_training_goes_on_where_its_job_ran_out_of_time(tmp_path: Path) -> None:
    prepare.main(["synthetic", str(tmp_path / "cohort"), "--patients", "40", "--mean_sets", "4", "--jobs", "1"])
    one = {"SLURM_JOB_NUM_NODES": "1", "SLURM_NTASKS_PER_NODE": "1", "OMP_NUM_THREADS": "1", "STOP_SECONDS": "240"}
    cluster = Stage(root=tmp_path, environment={**JOB, **one})
    cluster.stand_in("srun", SRUN)
    cluster.stand_in("scontrol", "")
    cluster.stand_in("seqsetvae-train", f'exec {Path(sys.executable).parent / "seqsetvae-train"} "$@"')
    small = shlex.split("--reduced_dim 16 --latent_dim 4 --num_workers 0 --strategy auto --precision 32")
    words = ["cohort", "my-run", *small, "--val_check_interval", "1.0", "--gradient_accumulation_steps", "1"]
    with cluster.start(SCRIPT, *words, "--max_epochs", "100000") as process:
        cluster.wait_for("checkpoints/my-run/last.ckpt")
        process.send_signal(signal.SIGUSR1)
        said, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 143, said
    assert cluster.calls("scontrol") == ["requeue 42"]
    code, said = cluster.run(SCRIPT, *words, "--max_epochs", "4")
    assert code == 0, said
    events = map(decode_event, (tmp_path / "logs" / "my-run" / "events.jsonl").read_bytes().splitlines())
    assert [event.kind for event in events if event.kind != "collapse"][:3] == ["started", "interrupted", "resumed"]
