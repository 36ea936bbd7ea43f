"""Where the processes of a run meet, as their launcher has it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from lightning_fabric.plugins.environments.cluster_environment import ClusterEnvironment
from lightning_fabric.plugins.environments.slurm import SLURMEnvironment
from lightning_fabric.plugins.environments.torchelastic import TorchElasticEnvironment

#: Seconds in which processes that a launcher started together must have found each other.
MEETING = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingPlace:
    """Where the processes of a run meet.

    Attributes:
        rank, world_size: This process, and how many there are.
        address, port: Of rank 0, or of the launcher where that keeps the store.
        hosted: Whether the launcher keeps the store.
        patience: Seconds in which all ranks must have found each other.
    """

    rank: int
    world_size: int
    address: str
    port: int
    hosted: bool = False
    patience: float = math.inf


def place_of_environment(environ: Mapping[str, str]) -> MeetingPlace | None:
    """Return where processes meet that torchrun or SLURM has started; None where there is one, or none has yet."""
    if TorchElasticEnvironment.detect():
        hosted = environ.get("TORCHELASTIC_USE_AGENT_STORE") == "True"
        environment: ClusterEnvironment = TorchElasticEnvironment()
    elif SLURMEnvironment.detect():
        hosted, environment = False, SLURMEnvironment()
    else:
        return None
    if environment.world_size() == 1:
        return None
    place = environment.global_rank(), environment.world_size()
    return meeting_place(environment, *place, patience=MEETING, hosted=hosted)


def meeting_place(
    environment: ClusterEnvironment, rank: int, world_size: int, *, patience: float, hosted: bool = False
) -> MeetingPlace:
    """Return the place of a rank in Lightning's words for a launcher."""
    return MeetingPlace(
        rank=rank,
        world_size=world_size,
        address=environment.main_address,
        port=environment.main_port,
        hosted=hosted,
        patience=patience,
    )
