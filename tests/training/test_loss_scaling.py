"""Steps that the loss scaler of 16-mixed skips, with a scaler that skips what a test says: CPUs have no float16."""

from __future__ import annotations

import warnings
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
import torch
from pytorch_lightning.plugins.precision import MixedPrecision

from seqsetvae.training.config import TrainConfig
from seqsetvae.training.run import Run
from tests.training_runs import history, long_settings, metrics_of, trained

pytestmark = pytest.mark.usefixtures("one_thread")


class ScriptedScaler(torch.amp.GradScaler):
    """Skips the attempts of these numbers, from 0, as if their gradients had overflowed."""

    def __init__(self, skipped: set[int], scale: float = 65536.0) -> None:
        super().__init__("cpu", enabled=False)
        self.skipped, self.attempts, self._factor = skipped, 0, scale

    def get_scale(self) -> float:
        return self._factor

    def step(self, optimizer: Any, *args: Any, **kwargs: Any) -> None:
        if self.attempts not in self.skipped:
            optimizer.step(*args, **kwargs)

    def update(self, new_scale: Any = None) -> None:
        if self.attempts in self.skipped:
            self._factor /= 2
        self.attempts += 1


class ScriptedPrecision(MixedPrecision):
    """Float32 with a loss scaler."""

    def __init__(self, scaler: ScriptedScaler) -> None:
        super().__init__("16-mixed", "cpu", scaler)

    def autocast_context_manager(self) -> Any:
        return nullcontext()


def run_with(config: TrainConfig, scaler: ScriptedScaler) -> Run:
    def use(run: Run) -> None:
        run.trainer.strategy.precision_plugin = ScriptedPrecision(scaler)

    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        return trained(config, use)


def test_schedules_and_the_log_follow_the_steps_that_were_made(tiny_cohort: Path, tmp_path: Path) -> None:
    scheduled = ("train/beta", "lr/rest", "lr/set_encoder")
    courses = []
    for name, skipped in (("straight", set[int]()), ("skipping", {0, 1, 5})):
        config = long_settings(tiny_cohort, tmp_path / name)
        scaler = ScriptedScaler(skipped)
        run = run_with(config, scaler)
        assert (run.trainer.global_step, scaler.attempts) == (12, 12 + len(skipped))
        found = history(metrics_of(tmp_path / name))
        courses.append({point: value for point, value in found.items() if point[1] in scheduled})
    assert courses[0] == courses[1]
    assert [step for step, name in courses[1] if name == "train/beta"] == list(range(1, 13))


def test_a_run_that_has_diverged_comes_to_its_end(tiny_cohort: Path, tmp_path: Path) -> None:
    """Once the scale is below 1, steps count although none is made."""
    scaler = ScriptedScaler(set(range(1000)), scale=4.0)
    run = run_with(long_settings(tiny_cohort, tmp_path), scaler)
    assert (run.trainer.global_step, scaler.attempts) == (12, 14)
