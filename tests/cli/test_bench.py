"""`seqsetvae-bench train`: a table for people, all its figures as JSON, and no crash on a wrong word."""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import fields
from pathlib import Path
from typing import Any

import orjson
import pytest
import torch

from seqsetvae.benchmark import peak_rate as machine
from seqsetvae.benchmark.monitoring_cost import Cost
from seqsetvae.benchmark.training_speed import SpeedRow
from seqsetvae.cli.bench import main
from tests.data.cohorts import write_cohort
from tests.training_runs import on_one_thread

pytestmark = pytest.mark.usefixtures("one_thread")

SMALL = ["--patients", "8", "--batch_sizes", "1", "4", "--reference_patients", "1", "--rounds", "2",
         "--latent_dim", "8", "--reduced-dim", "16"]  # fmt: skip


@pytest.fixture(scope="module")
def measured() -> tuple[dict[str, Any], str]:
    """The JSON of one small measurement, and what was printed beside it."""
    out, err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, on_one_thread(), redirect_stdout(out), redirect_stderr(err):
        patch.setattr(machine, "SECONDS_PER_SHAPE", 0.02)
        patch.setattr(machine, "SHAPES", ((256, 256, 256),))
        assert main(["train", *SMALL, "--json", "-"]) == 0
    out.flush()
    assert isinstance(out.buffer, io.BytesIO)
    return orjson.loads(out.buffer.getvalue()), err.getvalue()


@pytest.mark.slow
class TestAMeasurement:
    def test_every_row_has_every_figure(self, measured: tuple[dict[str, Any], str]) -> None:
        found, _ = measured
        names = [(row["name"], row["batch_size"], row["precision"]) for row in found["rows"]]
        assert names == [("batched", 1, "32"), ("batched", 4, "32"), ("reference", 4, "32")]
        for row in found["rows"]:
            assert row.keys() == {field.name for field in fields(SpeedRow)}
            assert 0 < row["patients_per_second"] < row["sets_per_second"] < row["events_per_second"]
            assert row["peak_memory"] > 50 * 2**20, "in bytes: torch alone takes more"
            assert 0 <= row["padding_waste"] < 1

    def test_shares_are_of_the_peak_of_this_machine(self, measured: tuple[dict[str, Any], str]) -> None:
        found, _ = measured
        for row in found["rows"][:2]:
            flops = row["patients_per_second"] * row["flops_per_patient"]
            assert row["peak_share"] == pytest.approx(flops / found["peak_flops"]["32"])
        assert found["rows"][2]["peak_share"] == 0

    def test_the_cost_of_monitoring_is_measured_beside_no_monitoring(
        self, measured: tuple[dict[str, Any], str]
    ) -> None:
        costs = measured[0]["monitoring"]
        assert [(cost["batch_size"], cost["update_frequency"]) for cost in costs] == [
            (1, 200),
            (1, 20),
            (4, 200),
            (4, 20),
        ]
        for cost in costs:
            assert cost.keys() == {field.name for field in fields(Cost)}
            assert cost["overhead_in_pairs"] > -1
            assert cost["overhead_of_parts"] == pytest.approx(cost["seconds_of_parts"] / cost["seconds_without"])
            assert min(cost["parts"].values()) > 0

    def test_the_kernels_shares_are_of_a_whole(self, measured: tuple[dict[str, Any], str]) -> None:
        shares = measured[0]["time_shares"]
        assert sum(shares.values()) == pytest.approx(1.0)
        assert list(shares.values()) == sorted(shares.values(), reverse=True)
        assert "matrix products" in shares

    def test_the_json_says_what_was_measured_on_what(self, measured: tuple[dict[str, Any], str]) -> None:
        found, _ = measured
        assert found["command"] == "train"
        assert found["machine"]["torch"] == torch.__version__
        assert [row["num_workers"] for row in found["loading"]] == [0]

    def test_people_get_a_table(self, measured: tuple[dict[str, Any], str]) -> None:
        shown = measured[1]
        assert "8 patients of a synthetic cohort" in shown
        for heading in ("patients/s", "sets/s", "events/s", "memory", "padding", "peak"):
            assert heading in shown
        assert "times the plain per-set reference" in shown
        assert "the arithmetic limit is" in shown
        assert "every 200 steps" in shown
        assert "every 20 steps" in shown
        assert "a measurement of z ablation" in shown


def test_no_arguments_is_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert "throughput of training steps" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["fly"], "argument COMMAND: invalid choice: 'fly'"),
        (["train", "--batch_sizes", "0"], "--batch_sizes [0] must be at least 1 and at most --patients 64"),
        (["train", "--batch_sizes", "8", "--patients", "4"], "--batch_sizes [8] must be at least 1 and at most"),
        (["train", "--batch_sizes", "x"], "argument --batch_sizes: invalid int value: 'x'"),
        (["train", "--rounds", "-1"], "--rounds must not be negative, got -1"),
        (["train", "--num_workers", "0", "-1"], "--num_workers [0, -1] must not be negative"),
        (["train", "--recommend"], "--recommend needs the data that will be trained on: name it with --data_dir"),
        (["memory", "--precision", "8"], "--precision is '8', choose one of"),
        (["train", "--update_frequency", "20", "0"], "--update_frequency [20, 0] must be at least 1"),
        (["train", "--reference_patients", "-1"], "--reference_patients must not be negative, got -1"),
        (["train", "--precision", "8"], "--precision is '8', choose one of"),
        (["train", "--latent_dim", "0"], "--latent_dim must be at least 1, got 0"),
        (["train", "--device", "tpu"], "argument --device: invalid choice: 'tpu'"),
        (["train", "--data_dir", "nowhere"], "There is no directory nowhere"),
        (["train", "--json", "no/such/folder/x.json"], "--json no/such/folder/x.json cannot be written: No such file"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_2(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    complaint: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith(f"seqsetvae-bench: {complaint}")
    assert captured.err.count("\n") == 1


def test_cuda_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert main(["train", "--device", "cuda"]) == 2
    assert "--device cuda: there is no CUDA device" in capsys.readouterr().err


def test_a_cohort_that_is_too_small_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = write_cohort(tmp_path / "data")
    assert main(["train", "--data_dir", str(data), "--patients", "5", "--batch_sizes", "1"]) == 2
    assert "--patients 5 is more than the 3 of the train split" in capsys.readouterr().err
