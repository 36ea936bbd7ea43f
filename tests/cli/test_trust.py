"""A checkpoint from anywhere: it runs no program, writes nowhere else, and is read or refused in a sentence."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from seqsetvae.cli.train import main
from seqsetvae.cli.visualize import main as visualize
from seqsetvae.training.config import TrainConfig
from tests.training_runs import long_settings, metrics_of, on_one_thread, root_of, trained

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def run(tiny_cohort: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The checkpoint of a short run in a working directory of its own."""
    monkeypatch.chdir(tmp_path)
    config = long_settings(tiny_cohort, tmp_path, max_steps=2, lr_decay="constant", val_check_interval=0.25)
    trained(config)
    return tmp_path / "checkpoints" / "run" / "last.ckpt"


def changed(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    content = torch.load(path, weights_only=True)
    change(content)
    torch.save(content, path)


def files(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*")}


class TestWhatItAsksFor:
    def ask(self, run: Path, **settings: Any) -> None:
        changed(run, lambda content: content["seqsetvae"]["config"].update(settings))

    def test_commands_are_left_out_and_said(
        self, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Those of its settings, and those that it says are still to be run."""
        command = f"{sys.executable} -c \"open('{tmp_path}/executed', 'w')\""

        def owe(content: dict[str, Any]) -> None:
            parts = content["callbacks"]["PosteriorWatch[posterior]"]["parts"]
            verdict = {"step": 2, "level": "red", "condition": "collapse", "reasons": [], "advice": [], "since": 1,
                       "checks": 1}  # fmt: skip
            actions = dict.fromkeys(("tell", "warn", "save", "lower_beta", "stop"), False)
            commands = [[sys.executable, "-c", f"open('{tmp_path}/executed', 'w')"]]
            parts["CollapseResponse"]["pending"] = [[verdict, {**actions, "commands": commands}]]

        self.ask(run, on_collapse=["warn", f"yellow=command:{command}"], kl_threshold=1e6, min_checks=1)
        changed(run, owe)
        assert main([f"--resume_from_checkpoint={run}", "--max_steps=6", "--update_frequency=1"]) == 0
        said = " ".join(capsys.readouterr().err.split())
        assert f"checkpoint {run} asks for --on_collapse yellow=command:" in said
        assert not (tmp_path / "executed").exists()

    def test_directories_are_those_of_the_run(
        self, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        elsewhere = tmp_path / "elsewhere"
        self.ask(run, log_dir=str(elsewhere / "logs"), output_dir=str(elsewhere / "checkpoints"))
        assert main([f"--resume_from_checkpoint={run}", "--max_steps=3"]) == 0
        said = " ".join(capsys.readouterr().err.split())
        assert f"asks for --log_dir {elsewhere}/logs, where this run does not lie: logs is used" in said
        assert f"asks for --output_dir {elsewhere}/checkpoints, where this run does not lie" in said
        assert not elsewhere.exists()
        assert [line.step for line in metrics_of(tmp_path) if "train/loss" in line.values] == [1, 2, 3]

    def test_a_log_of_another_run_is_not_gone_on_with(self, run: Path, tiny_cohort: Path, tmp_path: Path) -> None:
        other = tmp_path / "other"
        trained(long_settings(tiny_cohort, other, max_steps=1, lr_decay="constant"))
        before = (other / "logs" / "run" / "metrics.jsonl").read_bytes()
        self.ask(run, log_dir=str(other / "logs"))
        assert main([f"--resume_from_checkpoint={run}", "--max_steps=3"]) == 0
        assert (other / "logs" / "run" / "metrics.jsonl").read_bytes() == before


class TestMoved:
    def test_a_run_goes_on_beside_its_checkpoint_and_in_its_log(
        self, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        moved = tmp_path / "elsewhere" / "renamed"
        moved.parent.mkdir()
        run.parent.rename(moved)
        assert main([f"--resume_from_checkpoint={moved}/last.ckpt", "--max_steps=4"]) == 0
        assert not (tmp_path / "checkpoints" / "run").exists()
        assert list(moved.glob("final-step000004.ckpt"))
        assert [line.step for line in metrics_of(tmp_path) if "train/loss" in line.values] == [1, 2, 3, 4]
        assert [path.name for path in (tmp_path / "logs").iterdir()] == ["run"]

    def test_a_worse_model_is_not_the_best(self, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        moved = tmp_path / "moved" / "run"
        moved.parent.mkdir()
        run.parent.rename(moved)
        best = min(moved.glob("best-*"))

        def perfect(content: dict[str, Any]) -> None:
            (key,) = (key for key in content["callbacks"] if key.startswith("ModelCheckpoint"))
            content["callbacks"][key]["current_score"] = torch.tensor(1.0)

        changed(best, perfect)
        assert main([f"--resume_from_checkpoint={moved}/last.ckpt", "--max_steps=5", "--test_after_training=true"]) == 0
        assert f'"checkpoint": "{best}"' in (tmp_path / "logs" / "run" / "test.json").read_text()


WRONG: dict[str, object] = {
    "None": None, "text": "three", "a number": -7, "NaN": float("nan"), "a list": [1, "a"], "a table": {"a": 1},
    "a huge tensor": torch.zeros(1).expand(10**6, 10**6),
}  # fmt: skip
#: Fields that training or figures rely on, among them those that Lightning reads.
FIELDS = [
    "state_dict", "global_step", "loops", "callbacks", "optimizer_states", "lr_schedulers", "run_name", "seqsetvae",
    "seqsetvae/config", "seqsetvae/config/batch_size", "seqsetvae/config/params_map_path", "seqsetvae/model",
    "seqsetvae/model.latent_dim", "seqsetvae/variables", "pytorch-lightning_version", "lr_schedulers/0/last_epoch",
    "optimizer_states/0/state/0/exp_avg", "loops/fit_loop/state_dict/position/epoch",
    "loops/fit_loop/epoch_loop.batch_progress/total/ready",
    "callbacks/PosteriorWatch[posterior]/parts/PosteriorMonitor/statistics/means",
]  # fmt: skip


class TestWrongTypes:
    @pytest.fixture(scope="class")
    @staticmethod
    def whole(tiny_cohort: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainConfig:
        config = long_settings(tiny_cohort, tmp_path_factory.mktemp("whole"), max_steps=4, lr_decay="constant")
        with on_one_thread():
            trained(config)
        return config

    @pytest.mark.parametrize("field", FIELDS)
    def test_each_is_used_or_refused_in_a_sentence(
        self, whole: TrainConfig, tmp_path: Path, capsys: pytest.CaptureFixture[str], field: str
    ) -> None:
        """Each field with one of the wrong values, in turn: a program takes a second for each."""
        content = torch.load(root_of(whole) / "checkpoints" / "run" / "last.ckpt", weights_only=True)
        *outer, last = (int(name) if name.isdigit() else name for name in field.split("/"))
        place = content
        for name in outer:
            place = place[name]
        place[last] = list(WRONG.values())[FIELDS.index(field) % len(WRONG)]
        path = tmp_path / "run" / "wrong.ckpt"
        path.parent.mkdir()
        torch.save(content, path)
        places = [f"--data_dir={whole.data_dir}", f"--log_dir={tmp_path}/logs"]
        end = main([f"--resume_from_checkpoint={path}", "--max_steps=4", *places])
        said = capsys.readouterr().err
        assert end == 0 or (end == 2 and "wrong.ckpt" in said), said
        if field.startswith("seqsetvae"):
            figures = [f"--save_dir={tmp_path}/figures", "--max_batches=1", "--projection=pca"]
            assert visualize([f"--checkpoint={path}", f"--data_dir={whole.data_dir}", *figures]) in (0, 2)
