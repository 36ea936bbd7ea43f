"""What the environment says of several processes, kept where it is true of this run.

Launchers (srun, torchrun, and Lightning itself) tell each process its number and their count by variables. These
linger: in an interactive shell of a job, in a batch script that starts a program without srun, after an export. A run
that believes them waits for processes that nobody starts, or takes itself for another one and writes nothing.
"""

from __future__ import annotations

import os
from collections.abc import MutableMapping

from seqsetvae.errors import InputError

#: Variables of torchrun and of Lightning's own launcher.
TORCH = ("RANK", "LOCAL_RANK", "GROUP_RANK", "NODE_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "TORCHELASTIC_RUN_ID")
#: Variables of srun, and of LSF's jsrun.
SLURM = ("SLURM_NTASKS", "SLURM_NTASKS_PER_NODE", "SLURM_NNODES", "SLURM_PROCID", "SLURM_LOCALID", "SLURM_NODEID")
LSF = ("JSM_NAMESPACE_RANK", "JSM_NAMESPACE_LOCAL_RANK", "JSM_NAMESPACE_SIZE")
#: What Lightning tells each process that it starts.
STARTED_BY_LIGHTNING = frozenset({"MASTER_ADDR", "MASTER_PORT", "NODE_RANK", "LOCAL_RANK", "WORLD_SIZE"})
#: Names of jobs that are shells.
SHELLS = ("bash", "interactive")


def forget_other_launches(environ: MutableMapping[str, str], *, processes: int, num_nodes: int) -> None:
    """Remove the variables that are not about a run of so many processes; call it before Lightning is imported.

    Args:
        environ: The environment.
        processes: Processes of the run that the flags ask for.
        num_nodes: Machines that they are on.

    Raises:
        InputError: a launcher started another number of processes.
    """
    by_torchrun, by_srun = _count(environ, "WORLD_SIZE", "TORCHELASTIC_RUN_ID"), _tasks(environ)
    for launcher, count in (("torchrun", by_torchrun), ("srun", by_srun)):
        if count > 1 and count != processes:
            raise InputError(
                "{launcher} started {count} processes, but --devices and --num_nodes ask for {processes}; give both so "
                "that their product is {count}, or start the program without {launcher}",
                launcher=launcher, count=count, processes=processes,
            )  # fmt: skip
    by_lightning = processes > 1 and environ.keys() >= STARTED_BY_LIGHTNING
    by_hand = num_nodes > 1  # one start on each machine, with NODE_RANK
    if by_torchrun != processes and not by_lightning and not by_hand:
        _remove(environ, TORCH)
    if by_srun != processes:
        _remove(environ, SLURM)
    elif processes > 1:  # Lightning wants it, although srun -n says enough
        environ.setdefault("SLURM_NTASKS_PER_NODE", str(processes // num_nodes))
    if processes == 1:
        _remove(environ, LSF)


def is_one_of_several(environ: MutableMapping[str, str] = os.environ) -> bool:
    """Return whether torchrun or srun has started this process with others."""
    return max(_count(environ, "WORLD_SIZE", "TORCHELASTIC_RUN_ID"), _tasks(environ)) > 1


def devices_asked_for(text: str) -> int:
    """Return how many devices `--devices` means here; 1 where it is no such text, which is refused elsewhere."""
    if text in ("auto", "-1"):
        from torch.cuda import device_count  # torch, which does not look at these variables

        return max(1, device_count())
    if "," in text:
        return len([part for part in text.split(",") if part.strip()]) or 1
    return int(text) if text.isdecimal() and int(text) else 1


def _tasks(environ: MutableMapping[str, str]) -> int:
    """Return how many processes srun started, of which this is one; 0 where it did not start this one."""
    if "SLURM_PTY_PORT" in environ or environ.get("SLURM_JOB_NAME") in SHELLS:
        return 0
    tasks = _count(environ, "SLURM_STEP_NUM_TASKS", "SLURM_NTASKS")
    alone = environ.get("SLURM_NTASKS") == "1" and environ.get("SLURM_PROCID", "0") == "0"
    return tasks or int(alone)  # a batch script's own single process is queued again as one of srun is


def _count(environ: MutableMapping[str, str], name: str, witness: str) -> int:
    """Return the number in a variable; 0 where it is none, or where another variable is missing."""
    text = environ.get(name, "")
    return int(text) if text.isdecimal() and witness in environ else 0


def _remove(environ: MutableMapping[str, str], names: tuple[str, ...]) -> None:
    for name in names:
        environ.pop(name, None)
