"""What callbacks need of a module is checked when training starts, and named where it is missing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import pytorch_lightning as pl

from seqsetvae.training.callbacks.posterior_monitor import PosteriorMonitor
from seqsetvae.training.callbacks.reported_posterior import ReportedPosterior
from seqsetvae.training.callbacks.training_metrics import TrainingMetrics
from seqsetvae.training.schedules import CheckSchedule
from seqsetvae.training.watched_module import NEEDED, check_watched
from tests.scripted_detector import ScriptedDetector
from tests.training.callbacks.stand_ins import StandInModule, StandInTrainer
from tests.training.callbacks.tiny_module import TinyModule


def monitor(_: Path) -> pl.Callback:
    return PosteriorMonitor(source=ReportedPosterior(), schedule=CheckSchedule(every=1), detector=ScriptedDetector("g"))


def metrics(_: Path) -> pl.Callback:
    return TrainingMetrics()


@pytest.mark.parametrize("make", [monitor, metrics])
def test_a_module_that_cannot_be_watched_is_refused_at_the_start(
    tmp_path: Path, make: Callable[[Path], pl.Callback]
) -> None:
    with pytest.raises(TypeError, match=r"^TinyModule has no report, gradient_norm, beta, z_ablation; callbacks that"):
        make(tmp_path).on_train_start(StandInTrainer().as_trainer, TinyModule())


def test_what_is_missing_is_named() -> None:
    module = StandInModule()
    check_watched(module)
    del module.beta
    with pytest.raises(TypeError, match=r"^StandInModule has no beta; "):
        check_watched(module)
    assert NEEDED == ("report", "gradient_norm", "beta", "z_ablation")
