"""Variables of launchers that linger, and those that are true of a run."""

from __future__ import annotations

import pytest

from seqsetvae.errors import InputError
from seqsetvae.training.launch_variables import devices_asked_for, forget_other_launches, is_one_of_several

TORCHRUN = {
    "RANK": "1", "LOCAL_RANK": "1", "GROUP_RANK": "0", "WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2",
    "TORCHELASTIC_RUN_ID": "x",
}  # fmt: skip
SRUN = {"SLURM_JOB_ID": "7", "SLURM_NTASKS": "2", "SLURM_NTASKS_PER_NODE": "2", "SLURM_PROCID": "1"}
STEP = {"SLURM_STEP_NUM_TASKS": "2"}
LIGHTNING = {"MASTER_ADDR": "here", "MASTER_PORT": "1", "NODE_RANK": "0", "LOCAL_RANK": "1", "WORLD_SIZE": "2"}


def left(environ: dict[str, str], processes: int, num_nodes: int = 1) -> dict[str, str]:
    """Return what is left of an environment."""
    environ = dict(environ)
    forget_other_launches(environ, processes=processes, num_nodes=num_nodes)
    return environ


@pytest.mark.parametrize(
    ("lingering", "kept"),
    [
        ({"RANK": "1"}, {}),
        ({"RANK": "one"}, {}),
        ({"LOCAL_RANK": "3", "WORLD_SIZE": "4"}, {}),
        ({"JSM_NAMESPACE_RANK": "1"}, {}),
        ({**TORCHRUN, "WORLD_SIZE": "many"}, {}),
        (LIGHTNING, {"MASTER_ADDR": "here", "MASTER_PORT": "1"}),
        (SRUN, {"SLURM_JOB_ID": "7"}),
        ({"SLURM_NTASKS": "x"}, {}),
        ({"SLURM_NTASKS": "1", "SLURM_PROCID": "3"}, {}),
        ({**SRUN, **STEP, "SLURM_PTY_PORT": "5"}, {"SLURM_JOB_ID": "7", "SLURM_PTY_PORT": "5", **STEP}),
        ({**SRUN, **STEP, "SLURM_JOB_NAME": "bash"}, {"SLURM_JOB_ID": "7", "SLURM_JOB_NAME": "bash", **STEP}),
    ],
)
def test_one_process_forgets_the_variables_of_several(lingering: dict[str, str], kept: dict[str, str]) -> None:
    assert left(lingering, 1) == kept


@pytest.mark.parametrize(
    ("environ", "processes"),
    [
        ({}, 1),
        ({"SLURM_NTASKS": "1", "SLURM_PROCID": "0"}, 1),
        ({"SLURM_NTASKS": "1", "SLURM_STEP_NUM_TASKS": "1", "SLURM_PROCID": "0"}, 1),
        ({**SRUN, **STEP}, 2),
        (TORCHRUN, 2),
        (LIGHTNING, 2),
    ],
)
def test_what_is_true_of_the_run_is_kept(environ: dict[str, str], processes: int) -> None:
    assert left(environ, processes) == environ


@pytest.mark.parametrize(
    ("environ", "several"),
    [
        ({}, False), (SRUN, False), ({**SRUN, **STEP}, True), (TORCHRUN, True), (LIGHTNING, False),
        ({"SLURM_NTASKS": "x"}, False), ({**TORCHRUN, "WORLD_SIZE": "1"}, False),
    ],
)  # fmt: skip
def test_a_process_knows_whether_it_has_others(environ: dict[str, str], several: bool) -> None:
    assert is_one_of_several(environ) is several


def test_what_lightning_wants_to_know_is_added() -> None:
    assert left({"SLURM_NTASKS": "4", "SLURM_STEP_NUM_TASKS": "4"}, 4, num_nodes=2)["SLURM_NTASKS_PER_NODE"] == "2"


def test_several_processes_forget_an_allocation_that_did_not_start_them() -> None:
    assert left({**SRUN, "SLURM_NTASKS": "1", "LOCAL_RANK": "0"}, 2) == {"SLURM_JOB_ID": "7"}
    assert left({"NODE_RANK": "1", "MASTER_ADDR": "there"}, 4, num_nodes=2) == {
        "NODE_RANK": "1", "MASTER_ADDR": "there",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("environ", "launcher"), [({**SRUN, **STEP}, "srun"), (TORCHRUN, "torchrun")], ids=["srun", "torchrun"]
)
@pytest.mark.parametrize("processes", [1, 4])
def test_processes_that_were_started_in_another_number_are_refused(
    environ: dict[str, str], launcher: str, processes: int
) -> None:
    with pytest.raises(InputError, match=f"{launcher} started 2 processes, but --devices and --num_nodes ask for"):
        left(environ, processes)


@pytest.mark.parametrize(("text", "count"), [("1", 1), ("3", 3), ("0,2", 2), ("0", 1), ("many", 1), (",", 1)])
def test_devices_are_counted(text: str, count: int) -> None:
    assert devices_asked_for(text) == count
