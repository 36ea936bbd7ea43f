"""The two best checkpoints: which scores count, and how a resumed run finds them again."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from pytorch_lightning.callbacks import ModelCheckpoint

from seqsetvae.training.callbacks.best_checkpoints import BestCheckpoints
from tests.training.callbacks.stand_ins import StandInTrainer


def test_the_best_are_two_by_auroc(tmp_path: Path) -> None:
    best = BestCheckpoints(tmp_path)
    assert (best.monitor, best.mode, best.save_top_k, best.save_last) == ("val/auroc", "max", 2, False)


@pytest.mark.parametrize("score", [float("nan"), float("inf"), float("-inf")])
def test_a_score_that_is_not_finite_is_not_among_the_best_even_where_there_is_room(
    tmp_path: Path, score: float
) -> None:
    best = BestCheckpoints(tmp_path)
    assert not best.check_monitor_top_k(StandInTrainer().as_trainer, torch.tensor(score))
    assert best.check_monitor_top_k(StandInTrainer().as_trainer, torch.tensor(0.0))


def test_best_scores_are_found_in_a_checkpoint_under_the_name_that_lightning_gives_them(tmp_path: Path) -> None:
    plain = ModelCheckpoint(dirpath=tmp_path, monitor="val/auroc", mode="max", save_top_k=2)
    assert BestCheckpoints(tmp_path).state_key == plain.state_key


class TestFoundAgain:
    """From a directory with three, of which an older program or another branch of the run left one."""

    @pytest.fixture
    def directory(self, tmp_path: Path) -> Path:
        directory = tmp_path / "moved"
        directory.mkdir()
        key = BestCheckpoints(directory).state_key
        for step, score in ((2, 0.5), (4, 0.75), (6, 0.625)):
            content = {
                "run_name": "run",
                "global_step": step,
                "callbacks": {key: {"current_score": torch.tensor(score)}},
            }
            torch.save(content, directory / f"best-step{step:06d}-auroc{score:.4f}.ckpt")
        torch.save({"run_name": "run", "global_step": 6}, directory / "last.ckpt")
        return directory

    def resumed(self, directory: Path, output: Path | None = None) -> BestCheckpoints:
        best = BestCheckpoints(output or directory, resumed=directory / "last.ckpt")
        best.load_state_dict({"best_k_models": {"/gone/best-step000002-auroc0.5000.ckpt": torch.tensor(1.0)}})
        return best

    def names(self, best: BestCheckpoints) -> dict[str, float]:
        return {Path(path).name: float(score) for path, score in best.best_k_models.items()}

    def test_by_the_scores_in_their_files(self, directory: Path) -> None:
        best = self.resumed(directory)
        expected = {"best-step000004-auroc0.7500.ckpt": 0.75, "best-step000006-auroc0.6250.ckpt": 0.625}
        assert self.names(best) == expected
        assert best.kept == directory / "best-step000004-auroc0.7500.ckpt"
        assert (float(best.kth_value), float(best.best_model_score)) == (0.625, 0.75)  # type: ignore[arg-type]

    def test_also_where_the_run_goes_on_elsewhere(self, directory: Path, tmp_path: Path) -> None:
        assert self.resumed(directory, tmp_path / "elsewhere").kept == directory / "best-step000004-auroc0.7500.ckpt"

    def test_one_that_was_deleted_is_none_before_and_after_resuming(self, directory: Path) -> None:
        best = self.resumed(directory)
        (directory / "best-step000004-auroc0.7500.ckpt").unlink()
        for found in (best, self.resumed(directory)):
            assert found.kept == directory / "best-step000006-auroc0.6250.ckpt"
        assert len(self.names(self.resumed(directory))) == 2

    def test_what_is_damaged_or_of_another_run_is_none(self, directory: Path) -> None:
        (directory / "best-step000004-auroc0.7500.ckpt").write_bytes(b"")
        other = torch.load(directory / "best-step000006-auroc0.6250.ckpt", weights_only=True)
        torch.save({**other, "run_name": "other"}, directory / "best-step000006-auroc0.6250.ckpt")
        assert self.names(self.resumed(directory)) == {"best-step000002-auroc0.5000.ckpt": 0.5}

    def test_without_any_there_is_no_best(self, directory: Path) -> None:
        for path in directory.glob("best-*"):
            path.unlink()
        best = self.resumed(directory)
        assert (best.kept, best.best_k_models, best.best_model_path) == (None, {}, "")
