"""What the watcher's feed shows of a run."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from pytorch_lightning.callbacks import EarlyStopping
from rich.console import Console

from seqsetvae.collapse.response import ResponsePlan
from seqsetvae.stream.codec import decode_event
from seqsetvae.stream.records import EventRecord, Level
from seqsetvae.training.callbacks.checkpoint_saving import CheckpointSaver
from seqsetvae.training.callbacks.collapse_response import CollapseResponse
from seqsetvae.training.callbacks.healthy_checkpoint import HealthyCheckpoint
from seqsetvae.training.callbacks.jsonl_logger import JsonlLogger
from seqsetvae.training.callbacks.reported_posterior import ReportedPosterior
from seqsetvae.training.callbacks.run_events import SCALING_LINES, RunEvents
from seqsetvae.training.callbacks.training_metrics import TrainingMetrics
from seqsetvae.training.callbacks.verdict_command import VerdictCommands
from tests.training.callbacks.stand_ins import StandInModule, StandInTrainer, observation, verdict

MODULE = StandInModule()


class Scene:
    """Run events with everything around them, moved by hand."""

    def __init__(self, root: Path) -> None:
        self.metrics = TrainingMetrics()
        self.saver = CheckpointSaver(directory=root / "checkpoints", run_name="run", minutes=1.0)
        self.events = RunEvents(self.metrics, self.saver)
        self.logger = JsonlLogger(root / "logs", "run")
        self.trainer = StandInTrainer(loggers=[self.logger])

    def step(self, loss: float, norm: float = 1.0) -> None:
        self.trainer.global_step += 1
        self.metrics.latest = {"step": self.trainer.global_step, "train/loss": loss, "grad/norm": norm}
        self.events.on_train_batch_end(self.trainer.as_trainer, MODULE, None, None, 0)

    def validate(self, auroc: float) -> None:
        self.trainer.callback_metrics = {"val/auroc": torch.tensor(auroc)}
        self.events.on_validation_end(self.trainer.as_trainer, MODULE)

    def logged(self) -> list[EventRecord]:
        self.logger.finalize("success")
        path = Path(self.logger.log_dir) / "events.jsonl"
        return [decode_event(line) for line in path.read_bytes().splitlines()] if path.exists() else []


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_a_score_of_nan_is_never_best(scene: Scene) -> None:
    for auroc in (math.nan, 0.25, math.nan, 0.5):
        scene.validate(auroc)
    assert [event.data for event in scene.logged()] == [{"val/auroc": 0.25}, {"val/auroc": 0.5}]


def test_a_healthy_step_is_not_worth_an_event(scene: Scene) -> None:
    scene.step(1.0)
    assert scene.logged() == []


def test_a_loss_that_stops_being_a_number_is_reported_once_and_so_is_its_return(scene: Scene) -> None:
    for loss in (1.0, math.nan, math.inf, math.nan, 1.0, 1.0):
        scene.step(loss)
    assert [(event.step, event.level, event.kind) for event in scene.logged()] == [
        (2, Level.RED, "not_finite"),
        (5, Level.INFO, "finite_again"),
    ]


def test_the_message_names_what_is_not_finite(scene: Scene) -> None:
    scene.step(1.0, norm=math.inf)
    (event,) = scene.logged()
    assert event.message == "grad/norm is inf"
    assert event.data == {"grad/norm": math.inf}


@dataclass
class ScaledTrainer(StandInTrainer):
    precision: str = "16-mixed"


@pytest.fixture
def scaled(scene: Scene) -> Scene:
    """A run in float16, whose gradients are scaled, resumed at step 1."""
    scene.trainer = ScaledTrainer(loggers=[scene.logger], global_step=1)
    scene.events.on_train_start(scene.trainer.as_trainer, MODULE)
    return scene


def test_a_step_that_loss_scaling_passes_over_is_no_event(scaled: Scene) -> None:
    for norm in (math.inf, math.nan, 1.0, math.inf):
        scaled.step(1.0, norm)
    assert scaled.logged() == []


def test_gradients_that_stay_infinite_are_not_the_scales_doing(scaled: Scene) -> None:
    for _ in range(SCALING_LINES + 2):
        scaled.step(1.0, math.inf)
    scaled.step(1.0)
    assert [(event.step, event.kind) for event in scaled.logged()] == [
        (1 + SCALING_LINES, "not_finite"),
        (1 + SCALING_LINES + 3, "finite_again"),
    ]


def test_batches_between_two_lines_do_not_count_as_lines(scaled: Scene) -> None:
    scaled.step(1.0, math.inf)
    for batch in range(SCALING_LINES + 1):
        scaled.events.on_train_batch_end(scaled.trainer.as_trainer, MODULE, None, None, batch)
    assert scaled.logged() == []


def test_a_loss_that_is_no_number_is_reported_at_once_under_loss_scaling_too(scaled: Scene) -> None:
    scaled.step(math.nan, math.nan)
    (event,) = scaled.logged()
    assert event.message == "train/loss is nan and grad/norm is nan"


def test_only_a_better_auroc_is_a_new_best(scene: Scene) -> None:
    for auroc in (0.6, 0.55, 0.7):
        scene.validate(auroc)
    assert [event.message for event in scene.logged()] == [
        "best validation AUROC so far: 0.6000",
        "best validation AUROC so far: 0.7000",
    ]


def test_a_resumed_run_remembers_its_best(scene: Scene, tmp_path: Path) -> None:
    scene.validate(0.7)
    resumed = Scene(tmp_path / "later")
    resumed.events.load_state_dict(scene.events.state_dict())
    resumed.validate(0.65)
    assert resumed.logged() == []


@pytest.mark.parametrize(
    ("exception", "level", "kind", "message"),
    [
        (KeyboardInterrupt(), Level.INFO, "interrupted", "interrupted; interrupted-step000000.ckpt is kept"),
        (RuntimeError("boom"), Level.RED, "failed", "RuntimeError: boom; error-step000000.ckpt is kept"),
    ],
)
def test_the_end_names_its_cause_and_the_checkpoint_it_left(
    scene: Scene, exception: BaseException, level: Level, kind: str, message: str
) -> None:
    scene.saver.on_exception(scene.trainer.as_trainer, MODULE, exception)
    scene.events.on_exception(scene.trainer.as_trainer, MODULE, exception)
    (event,) = scene.logged()
    assert (event.level, event.kind, event.message) == (level, kind, message)
    assert str(event.data["checkpoint"]).endswith(".ckpt")


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        (
            (0.6, 0.75, 0.7, 0.5),
            "early stopping: val/auroc has not risen above 0.7500 (step 20) in 2 validations, and is 0.5000 now",
        ),
        ((math.nan, math.nan), "early stopping: val/auroc was NaN in 2 validations"),
    ],
)
def test_early_stopping_says_why(tmp_path: Path, scores: tuple[float, ...], message: str) -> None:
    scene, console = Scene(tmp_path), Console(file=io.StringIO(), width=200)
    scene.events = RunEvents(scene.metrics, scene.saver, console=console)
    scene.trainer.early_stopping_callback = stopper = EarlyStopping("val/auroc", patience=2)
    stopper.wait_count = 2
    for auroc in scores:
        scene.trainer.global_step += 10
        scene.validate(auroc)
    scene.events.on_train_end(scene.trainer.as_trainer, MODULE)
    end = scene.logged()[-1]
    assert (end.kind, end.message, end.data["validations"]) == ("early_stopping", message, 2)
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue() == f"{message}\n"


@pytest.mark.parametrize("kept", [True, False])
def test_a_run_that_a_collapse_ended_says_so_and_which_model_is_from_before(tmp_path: Path, kept: bool) -> None:
    scene = Scene(tmp_path)
    healthy = HealthyCheckpoint(directory=scene.saver.directory, minutes=1.0)
    response = CollapseResponse(
        plan=ResponsePlan.parse(["stop"]), source=ReportedPosterior(), patience=1, run="run",
        directory=scene.saver.directory,
        log_dir=tmp_path / "logs", console=Console(file=io.StringIO()), healthy=healthy,
        commands=VerdictCommands(),
    )  # fmt: skip
    scene.events = RunEvents(scene.metrics, scene.saver, response)
    path = scene.saver.directory / "healthy-step000001.ckpt"
    if kept:
        healthy.load_state_dict({"path": str(path), "active": []})
        path.parent.mkdir()
        path.touch()
    response.on_check(scene.trainer.as_trainer, observation(2), verdict(2, Level.RED))
    scene.trainer.global_step = 3
    for callback in (response, scene.events):
        callback.on_train_batch_end(scene.trainer.as_trainer, MODULE, None, None, 0)
    scene.events.on_train_end(scene.trainer.as_trainer, MODULE)
    end = scene.logged()[-1]
    from_before = "healthy-step000001.ckpt is from before it" if kept else "no checkpoint is from before it"
    assert (end.kind, end.level) == ("stopped", Level.INFO)
    assert end.message == f"training was stopped: collapse, red in 1 check; {from_before}"
    assert end.data.get("healthy") == (str(path) if kept else None)
