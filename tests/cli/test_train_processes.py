"""What needs the console script itself: several devices, which start it again, and compilation, apart from the rest."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from seqsetvae.logs.discovery import find_logs
from seqsetvae.stream.records import MetricsRecord, RunState
from seqsetvae.training.checkpoint_contents import read_checkpoint
from seqsetvae.training.config import TrainConfig
from tests.training_runs import manifest_of, metrics_of, settings, trained, words

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread")]


def run_script(script: list[str], config: TrainConfig, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a script with this environment's Python, in a folder of its own."""
    return subprocess.run(
        [sys.executable, *script, *words(config)],
        cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )


def of_group(lines: list[MetricsRecord], group: str) -> list[MetricsRecord]:
    return [line for line in lines if any(name.startswith(f"{group}/") for name in line.values)]


def test_two_devices_see_the_posterior_that_one_sees(tiny_cohort: Path, tmp_path: Path) -> None:
    """Two processes with batches of two make the steps of one with batches of four.

    Learning is all but off and so is what is random, so that the posteriors are those of the same weights.
    """
    still = {"learning_rate": 1e-12, "dropout": 0.0, "max_steps": 3, "gradient_accumulation_steps": 2}
    still["val_check_interval"] = 0.4
    two = settings(
        tiny_cohort, tmp_path / "two", batch_size=2, devices="2", strategy="ddp", update_frequency=1, **still
    )
    (tmp_path / "two").mkdir()
    ended = run_script([str(Path(sys.executable).with_name("seqsetvae-train"))], two, tmp_path / "two")
    assert ended.returncode == 0, ended.stderr
    for once in ("watch it with", "run run: finished at step 3", "final-step000003.ckpt: the model at the end"):
        assert ended.stderr.count(once) == 1
    trained(settings(tiny_cohort, tmp_path / "one", update_frequency=1, **still))

    (run,) = find_logs(tmp_path / "two" / "logs")
    assert len(list(run.path.glob("system*.jsonl"))) == 2, "a heartbeat of each"
    assert manifest_of(tmp_path / "two").state is RunState.FINISHED
    both, alone = (metrics_of(tmp_path / name) for name in ("two", "one"))
    assert [line.step for line in of_group(both, "train")] == [1, 2, 3]
    for seen, expected in zip(of_group(both, "posterior"), of_group(alone, "posterior"), strict=True):
        assert seen.step == expected.step
        for name in ("posterior/kl", "posterior/variance", "posterior/kl_per_dim", "posterior/active_units_sigma"):
            assert seen.values[name] == pytest.approx(expected.values[name], rel=1e-4), name
    assert of_group(both, "val")
    for seen, expected in zip(of_group(both, "val"), of_group(alone, "val"), strict=True):
        for name in ("val/recon", "val/kl", "val/classification", "val/auroc", "val/auprc", "val/accuracy"):
            assert seen.values[name] == pytest.approx(expected.values[name], rel=1e-5), name
    (checkpoint,) = (tmp_path / "two" / "checkpoints" / "run").glob("final-*.ckpt")
    assert read_checkpoint(checkpoint).step == 3


def evaluated(tiny_cohort: Path, folder: Path, checkpoint: Path, **changes: Any) -> dict[str, Any]:
    """Return the test.json of a checkpoint."""
    folder.mkdir()
    config = settings(tiny_cohort, folder, test_checkpoint=str(checkpoint), **changes)
    ended = run_script([str(Path(sys.executable).with_name("seqsetvae-train"))], config, folder)
    assert ended.returncode == 0, ended.stderr
    found: dict[str, Any] = json.loads((folder / "logs" / "run" / "test.json").read_bytes())
    return found


@pytest.mark.parametrize("batch_size", [3, 7])
def test_two_devices_measure_what_one_measures(
    tiny_cohort: Path, finished_run: TrainConfig, tmp_path: Path, batch_size: int
) -> None:
    """Seven patients, in batches of which one device has more, or the only one."""
    (checkpoint,) = (Path(finished_run.output_dir) / "run").glob("final-*.ckpt")
    one = evaluated(tiny_cohort, tmp_path / "one", checkpoint, batch_size=batch_size)
    two = evaluated(tiny_cohort, tmp_path / "two", checkpoint, batch_size=batch_size, devices="2", strategy="ddp")
    assert one.keys() == two.keys()
    for name, value in one.items():
        assert two[name] == (pytest.approx(value, rel=1e-6) if isinstance(value, float) else value), name


# Only the last stage of compilation is left out, which makes C++ of the graph and takes a minute.
TRACED = """
import sys
import torch
compile_with = torch.nn.Module.compile
torch.nn.Module.compile = lambda module, **options: compile_with(module, backend="eager", fullgraph=True, **options)
from seqsetvae.cli.train import main
sys.exit(main(sys.argv[1:]))
"""


def test_a_compiled_model_trains_and_its_checkpoint_is_like_any_other(tiny_cohort: Path, tmp_path: Path) -> None:
    """The whole model is one graph: `fullgraph` raises where a line of Python would break it."""
    changes = {"max_steps": 1, "gradient_accumulation_steps": 1}
    ended = run_script(["-c", TRACED], settings(tiny_cohort, tmp_path, compile_model=True, **changes), tmp_path)
    assert ended.returncode == 0, ended.stderr
    plain = trained(settings(tiny_cohort, tmp_path, run_name="plain", **changes))
    compiled, expected = (of_group(metrics_of(tmp_path, run), "train") for run in ("run", "plain"))
    assert len(compiled) == len(expected) == 1
    assert compiled[0].values["train/loss"] == pytest.approx(expected[0].values["train/loss"], rel=1e-5)
    (checkpoint,) = (tmp_path / "checkpoints" / "run").glob("final-*.ckpt")
    assert read_checkpoint(checkpoint).weights.keys() == plain.module.model.state_dict().keys()
