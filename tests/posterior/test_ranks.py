"""Statistics that two processes gather from their own batches are those of one process that sees all of them."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from seqsetvae.posterior.statistics import PosteriorStatistics
from tests.two_ranks import DIMENSIONS, ROUNDS, SIZES, gather, metrics_of


@pytest.fixture(scope="module")
def ranks(tmp_path_factory: pytest.TempPathFactory) -> list[list[dict[str, Any]]]:
    """For both ranks, the metrics of each round."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.two_ranks", str(tmp_path_factory.mktemp("ranks"))],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    lines = sorted(map(json.loads, ended.stdout.splitlines()), key=lambda line: line["rank"])
    assert [line["rank"] for line in lines] == [0, 1]
    return [line["rounds"] for line in lines]


@pytest.mark.parametrize("number", range(len(ROUNDS)))
def test_both_ranks_know_what_one_process_would(ranks: list[list[dict[str, Any]]], number: int) -> None:
    alone = PosteriorStatistics(DIMENSIONS)
    for batches in ROUNDS[number]:
        gather(alone, batches)
    expected = metrics_of(alone, None)
    assert "posterior/mutual_information" in expected
    for rank in ranks:
        found = {name: value for name, value in rank[number].items() if name != "posterior/z_ablation"}
        assert found.keys() == expected.keys()
        for name, value in expected.items():
            assert found[name] == pytest.approx(value, rel=1e-5), name


def test_sets_are_counted_over_all_ranks(ranks: list[list[dict[str, Any]]]) -> None:
    assert ranks[0][0]["posterior/sets"] == sum(SIZES[i] for batches in ROUNDS[0] for i in batches) == 76
    geometric_mean = math.exp((math.log(40) + math.log(10) + math.log(25)) / 3)
    assert ranks[0][0]["posterior/sample_sets"] == pytest.approx(geometric_mean), "the batch of one set tells nothing"


def test_z_ablation_is_the_mean_of_the_ranks_that_measured_it(ranks: list[list[dict[str, Any]]]) -> None:
    for rank in ranks:
        both, one, none = rank
        assert both["posterior/z_ablation"] == pytest.approx(0.4)
        assert one["posterior/z_ablation"] == pytest.approx(0.6)
        assert "posterior/z_ablation" not in none
