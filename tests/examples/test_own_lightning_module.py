"""The example for users' own modules runs as its docstring says, and leaves a whole run."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest

from seqsetvae.stream.codec import decode_metrics
from seqsetvae.stream.discovery import find_runs, read_manifest
from seqsetvae.stream.records import Manifest, RunState
from tests.callbacks.tiny_module import QUIET

EXAMPLE = Path(__file__).parents[2] / "examples" / "own_lightning_module.py"

pytestmark = [pytest.mark.filterwarnings(warning) for warning in QUIET]


def test_it_writes_a_run_that_can_be_watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", [str(EXAMPLE), str(tmp_path), "--run_name", "mine", "--max_epochs", "1"])
    runpy.run_path(str(EXAMPLE), run_name="__main__")
    (run,) = find_runs(tmp_path)
    manifest = read_manifest(run.manifest)
    assert isinstance(manifest, Manifest)
    assert (manifest.run, manifest.state, manifest.total_steps) == ("mine", RunState.FINISHED, 32)
    assert manifest.config == {"beta": 0.1}
    records = [decode_metrics(line) for line in run.metrics.read_bytes().splitlines()]
    losses = [record.values["train/loss"] for record in records if "train/loss" in record.values]
    strips = [record.values["posterior/kl_per_dim"] for record in records if "posterior/kl_per_dim" in record.values]
    assert len(losses) == 6
    assert losses[-1] < losses[0]  # type: ignore[operator]
    assert [len(strip) for strip in strips if isinstance(strip, tuple)] == [4, 4, 4, 4]
    assert run.system
