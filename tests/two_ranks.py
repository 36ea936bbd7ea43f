"""Two processes that gather statistics of one posterior; run as a script, with a folder for them to meet in.

Each rank prints one line of JSON: its rank, and the metrics of each round of `ROUNDS`.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist

from seqsetvae.posterior.statistics import PosteriorStatistics
from tests.posteriors import random_batches, summary

#: Dimensions of the levels.
DIMENSIONS = (3, 2)
#: Sets of the batches that there are in all, and which of them each rank sees. The halves are not equal.
SIZES = (40, 10, 25, 2, 1)
ROUNDS: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...] = (((0, 1, 4), (2,)), ((), (3,)), ((0,), (1,)))
#: What each rank measured of z ablation in each round.
ABLATIONS: tuple[tuple[float | None, float | None], ...] = ((0.2, 0.6), (None, 0.6), (None, None))


def gather(statistics: PosteriorStatistics, batches: Sequence[int]) -> None:
    """Take in some of the batches; the noise of each is its own, whoever takes it in."""
    every = random_batches(SIZES, dimensions=DIMENSIONS)
    for index in batches:
        torch.manual_seed(index)
        statistics.update(*every[index])


def metrics_of(statistics: PosteriorStatistics, ablation: float | None) -> dict[str, Any]:
    """Return the stream's names and values; on several ranks, all must call it."""
    measured = None if ablation is None else torch.tensor(ablation)
    return dict(summary(statistics, measured).to_metrics())


def _be(rank: int, meeting: Path) -> None:
    dist.init_process_group("gloo", init_method=meeting.as_uri(), rank=rank, world_size=2)
    statistics = PosteriorStatistics(DIMENSIONS)
    found = []
    for batches, ablations in zip(ROUNDS, ABLATIONS, strict=True):
        gather(statistics, batches[rank])
        found.append(metrics_of(statistics, ablations[rank]))
        statistics.reset()
    dist.destroy_process_group()
    os.write(1, json.dumps({"rank": rank, "rounds": found}).encode() + b"\n")


def main(folder: Path) -> int:
    """Fork a second process, so that torch is imported once; return an exit code that is 0 where both ended well."""
    torch.set_num_threads(1)
    child = os.fork()
    if child == 0:
        _be(1, folder / "meeting")
        os._exit(0)
    _be(0, folder / "meeting")
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
