"""The example for users' own modules runs as its docstring says, leaves a whole run, and has its posterior judged."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest

from seqsetvae.collapse.replay import replay
from seqsetvae.collapse.thresholds import Thresholds
from seqsetvae.logs.checks import observations_of
from seqsetvae.logs.discovery import find_logs
from seqsetvae.stream.codec import decode_event, decode_metrics
from seqsetvae.stream.records import EventRecord, Level, Manifest, RunState
from seqsetvae.stream.run_directory import read_manifest
from tests.training.callbacks.tiny_module import QUIET

EXAMPLE = Path(__file__).parents[2] / "examples" / "jsonl_logger_in_your_module.py"

pytestmark = [pytest.mark.filterwarnings(warning) for warning in QUIET]


def run_example(monkeypatch: pytest.MonkeyPatch, *words: str) -> None:
    """Run the example as its command line says."""
    monkeypatch.setattr(sys, "argv", [str(EXAMPLE), *words])
    runpy.run_path(str(EXAMPLE), run_name="__main__")


def verdicts_in(run: Path) -> list[EventRecord]:
    """The verdicts that a run's log tells."""
    events = map(decode_event, (run / "events.jsonl").read_bytes().splitlines())
    return [event for event in events if event.kind == "collapse"]


def test_it_writes_a_run_that_can_be_watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_example(monkeypatch, str(tmp_path), "--run_name", "mine", "--max_epochs", "1")
    (run,) = find_logs(tmp_path)
    manifest = read_manifest(run.path / "run.json")
    assert isinstance(manifest, Manifest)
    assert (manifest.run, manifest.state, manifest.total_steps) == ("mine", RunState.FINISHED, 32)
    assert manifest.config == {"beta": 0.1}
    records = [decode_metrics(line) for line in (run.path / "metrics.jsonl").read_bytes().splitlines()]
    losses = [record.values["train/loss"] for record in records if "train/loss" in record.values]
    assert len(losses) == 6
    assert losses[-1] < losses[0]  # type: ignore[operator]
    checks = {record.step: record.values for record in records if "posterior/kl" in record.values}
    assert list(checks) == [10, 20, 30]
    for values in checks.values():
        assert {"posterior/recon", "posterior/active_units", "posterior/mutual_information"} < set(values)
        per_dim = values["posterior/kl_per_dim"]
        assert isinstance(per_dim, tuple)
        assert len(per_dim) == 4
        assert sum(per_dim) == pytest.approx(values["posterior/kl"])
    assert (run.path / "system.jsonl").exists()


@pytest.mark.parametrize(("beta", "level"), [("0.1", Level.GREEN), ("4", Level.RED)])
def test_its_verdict_is_the_detectors(beta: str, level: Level, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_example(monkeypatch, str(tmp_path), "--run_name", "mine", "--beta", beta, "--max_epochs", "12")
    verdicts = verdicts_in(tmp_path / "mine")
    assert verdicts[-1].level is level
    replayed = [v for v in replay(observations_of(tmp_path / "mine"), Thresholds()) if v.changed]
    assert [(event.step, event.message) for event in verdicts] == [(v.step, v.headline) for v in replayed]
