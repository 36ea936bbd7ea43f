"""A run in one line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from seqsetvae.analysis.run_summary import HEADINGS, RunSummary, summary_of, text_table
from seqsetvae.logs.block import RunFacts
from seqsetvae.stream.records import RunState
from tests.analysis.runs import collapsing, loaded, training


def cells(summary: RunSummary) -> dict[str, str]:
    return dict(zip(HEADINGS, summary.cells(), strict=True))


def test_a_run_is_reported_with_its_best_scores_and_when_it_turned(tmp_path: Path) -> None:
    said = cells(summary_of(loaded(tmp_path / "run", collapsing)))
    assert said["state"] == "finished"
    assert said["steps"] == "200 of 200"
    assert said["best AUROC"] == "0.800 at 200"
    assert said["best AUPRC"] == "0.300 at 50"
    assert said["verdict"] == "red, collapse"
    steps = [int(said[f"first {level}"]) for level in ("yellow", "orange", "red")]
    assert 100 <= steps[0] <= steps[1] < steps[2]


def test_what_is_not_known_is_a_dash(tmp_path: Path) -> None:
    run = replace(loaded(tmp_path / "run", training, steps=0), facts=RunFacts())
    assert set(cells(summary_of(run)).values()) == {"run", "–"}


@pytest.mark.parametrize(("alive", "state"), [(True, "running"), (None, "running"), (False, "interrupted")])
def test_a_run_whose_process_is_gone_does_not_run(tmp_path: Path, alive: bool | None, state: str) -> None:
    run = loaded(tmp_path / "run", steps=5)
    assert run.facts.manifest is not None
    manifest = replace(run.facts.manifest, state=RunState.RUNNING)
    running = replace(run, facts=replace(run.facts, manifest=manifest))
    assert cells(summary_of(running, alive=lambda _: alive))["state"] == state


def test_tables_are_aligned() -> None:
    assert text_table([("run", "steps"), ("a-long-name", "3")]) == ["run          steps", "a-long-name  3"]
