"""The benchmark of growing cohorts: its data, its steps and its table, on a few patients."""

from __future__ import annotations

import io
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from rich.console import Console

from benchmarks.scale.growth import Measured, growth_per_data, growth_table
from benchmarks.scale.meds_cohort import EVENTS_PER_SET, SETS, write_meds
from benchmarks.scale.steps import STEPS, Cost, disk_of, measured


def test_a_meds_set_has_as_many_events_as_it_should(tmp_path: Path) -> None:
    labels = write_meds(tmp_path, 30)
    assert pq.read_metadata(labels).num_rows == 30
    shards = [pq.read_metadata(path).num_rows for path in (tmp_path / "data").iterdir()]
    assert sum(shards) == 30 * SETS * EVENTS_PER_SET


def test_every_step_of_a_small_meds_set_can_be_taken(tmp_path: Path) -> None:
    write_meds(tmp_path / "meds", 30)
    for name in list(STEPS)[1:]:
        cost = measured(name, tmp_path, 30)
        assert cost.wall > 0
    assert set(disk_of(tmp_path)) == {"MEDS", "patients", "packed store"}


def test_growth_is_that_of_the_cost_beside_that_of_the_data() -> None:
    assert growth_per_data((1_000, 2.0), (10_000, 20.0)) == pytest.approx(1.0)
    assert growth_per_data((1_000, 2.0), (10_000, 2.0)) == pytest.approx(0.1)


def test_the_table_has_a_row_for_each_figure() -> None:
    sizes = [
        Measured(
            patients=patients,
            costs={"prepare": Cost(cpu=patients / 100, wall=1, memory=50)},
            disk={"patients": patients / 10},
        )
        for patients in (1_000, 10_000)
    ]
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(growth_table("synthetic", sizes))
    rows = [line.replace("│", " ").split() for line in console.export_text().splitlines()]
    assert ["prepare,", "s", "of", "a", "core", "10.0", "100.0", "1.00"] in rows
    assert ["prepare,", "MiB", "50.0", "50.0", "0.10"] in rows
    assert ["patients,", "MiB", "on", "disk", "100.0", "1,000.0", "1.00"] in rows
