"""`seqsetvae-bench memory` and `train --recommend`: tables and JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from seqsetvae.benchmark import loading
from seqsetvae.benchmark import peak_rate as machine
from seqsetvae.cli.bench import main

pytestmark = pytest.mark.usefixtures("one_thread")

SMALL = ["--latent_dim", "8", "--reduced_dim", "16"]


def figures_of(words: list[str], tmp_path: Path) -> dict[str, Any]:
    """Run a measurement that writes JSON; return the JSON."""
    assert main([*words, "--json", str(tmp_path / "f.json")]) == 0
    found: dict[str, Any] = orjson.loads((tmp_path / "f.json").read_bytes())
    assert found["command"] == words[0]
    assert found["machine"]["processor"]
    return found


@pytest.mark.slow
def test_memory(tiny_cohort: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = ["--data_dir", str(tiny_cohort), "--patients", "8", "--batch_sizes", "1", "8"]
    found = figures_of(["memory", *data, *SMALL], tmp_path)
    assert [row["batch_size"] for row in found["rows"]] == [1, 8]
    assert all(0 < row["peak"] < found["memory"] for row in found["rows"])
    shown = capsys.readouterr().out
    assert "the 8 longest patients" in shown
    assert "activ" in shown


@pytest.mark.slow
def test_train_recommends_a_line(
    tiny_cohort: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(machine, "SECONDS_PER_SHAPE", 0.01)
    monkeypatch.setattr(machine, "SHAPES", ((64, 64, 64),))
    monkeypatch.setattr(loading, "SECONDS", 0.1)
    data = ["--data_dir", str(tiny_cohort), "--patients", "8", "--batch_sizes", "1", "4"]
    found = figures_of(["train", *data, *SMALL, "--rounds", "0", "--reference_patients", "0", "--recommend"], tmp_path)
    command = found["recommendation"]["command"]
    assert command.startswith(f"seqsetvae-train --data_dir {tiny_cohort} --batch_size ")
    shown = capsys.readouterr().out
    assert command in shown
    assert all(reason.split(":")[0] in shown for reason in found["recommendation"]["reasons"])
    assert found["monitoring"] == []
