"""The example for plain loops runs as its docstring says, and its verdict is that of its β."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest

from seqsetvae.stream.codec import decode_event
from seqsetvae.stream.records import Manifest, RunState
from seqsetvae.stream.run_directory import read_manifest

EXAMPLE = Path(__file__).parents[2] / "examples" / "plain_pytorch_loop.py"


@pytest.mark.parametrize(("beta", "level"), [("0.1", "green"), ("10", "red")])
def test_its_verdict_is_that_of_its_beta(
    beta: str, level: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", [str(EXAMPLE), str(tmp_path), "--run_name", "mine", "--beta", beta])
    runpy.run_path(str(EXAMPLE), run_name="__main__")
    events = [decode_event(line) for line in (tmp_path / "mine" / "events.jsonl").read_bytes().splitlines()]
    assert [str(event.level) for event in events if event.kind == "collapse"][-1] == level
    manifest = read_manifest(tmp_path / "mine" / "run.json")
    assert isinstance(manifest, Manifest)
    assert (manifest.state, manifest.total_steps) == (RunState.FINISHED, 400)
    assert f" {level}: " in capsys.readouterr().out.splitlines()[-1]
