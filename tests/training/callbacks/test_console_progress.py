"""What a user sees of training: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import io

import pytest
import torch
from rich.console import Console

from seqsetvae.training.callbacks.console_progress import LINE_SECONDS, ConsoleProgress, duration
from seqsetvae.training.callbacks.training_metrics import TrainingMetrics
from tests.training.callbacks.stand_ins import StandInModule, StandInTrainer

MODULE = StandInModule()
LATEST = {"time/patients_per_second": 12.345, "train/loss": 1.2345, "train/kl": 6.789}


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Screen:
    """Progress on a console that remembers what was printed."""

    def __init__(self, *, terminal: bool = False) -> None:
        self.clock = Clock()
        self.file = io.StringIO()
        self.metrics = TrainingMetrics()
        self.progress = ConsoleProgress(
            self.metrics, Console(file=self.file, force_terminal=terminal, width=150), clock=self.clock
        )
        self.trainer = StandInTrainer(estimated_stepping_batches=100, max_epochs=3)

    def start(self) -> None:
        self.progress.on_train_start(self.trainer.as_trainer, MODULE)

    def step(self, step: int) -> None:
        self.trainer.global_step = step
        self.progress.on_train_batch_end(self.trainer.as_trainer, MODULE, None, None, 0)

    @property
    def lines(self) -> list[str]:
        return self.file.getvalue().splitlines()


def test_without_a_terminal_a_line_comes_now_and_then() -> None:
    screen = Screen()
    screen.start()
    screen.metrics.latest = dict(LATEST)
    for step in range(1, 61):
        screen.clock.now += 1.0
        screen.step(step)
    assert screen.lines == [
        "epoch 1/3 step 1/100  ETA 0:01:39  12.3 patients/s  loss 1.234  KL 6.79",
        f"epoch 1/3 step {1 + int(LINE_SECONDS)}/100  ETA 0:01:09  12.3 patients/s  loss 1.234  KL 6.79",
    ]


def test_before_the_first_numbers_there_is_no_line() -> None:
    screen = Screen()
    screen.start()
    screen.step(1)
    assert screen.lines == []


def test_before_the_first_step_there_is_no_time_left_to_tell() -> None:
    screen = Screen()
    screen.start()
    screen.metrics.latest = dict(LATEST)
    screen.step(0)
    assert screen.lines == ["epoch 1/3 step 0/100  12.3 patients/s  loss 1.234  KL 6.79"]


def test_a_resumed_run_counts_its_own_steps_for_the_time_left() -> None:
    screen = Screen()
    screen.trainer.global_step = 90
    screen.start()
    screen.metrics.latest = dict(LATEST)
    screen.clock.now += 10.0
    screen.step(92)
    assert "ETA 0:00:40" in screen.lines[0]


def test_a_run_without_end_has_no_total_and_no_time_left() -> None:
    screen = Screen()
    screen.trainer.max_epochs, screen.trainer.estimated_stepping_batches = -1, float("inf")
    screen.start()
    screen.metrics.latest = dict(LATEST)
    screen.step(5)
    assert screen.lines == ["epoch 1 step 5  12.3 patients/s  loss 1.234  KL 6.79"]


@pytest.mark.parametrize("terminal", [True, False])
def test_a_validation_says_how_it_went(terminal: bool) -> None:
    screen = Screen(terminal=terminal)
    screen.trainer.callback_metrics = {"val/auroc": torch.tensor(0.75), "val/loss": torch.tensor(2.0)}
    screen.start()
    screen.progress.on_validation_end(screen.trainer.as_trainer, MODULE)
    screen.progress.teardown(screen.trainer.as_trainer, MODULE, "fit")
    assert "epoch 1/3 step 0/100  val/auroc 0.7500  val/loss 2.0000" in screen.file.getvalue()


def test_on_a_terminal_there_is_a_bar_until_training_ends_whatever_ends_it() -> None:
    screen = Screen(terminal=True)
    screen.start()
    screen.metrics.latest = dict(LATEST)
    screen.clock.now += 1.0
    screen.step(50)
    screen.progress.teardown(screen.trainer.as_trainer, MODULE, "fit")
    shown = screen.file.getvalue()
    assert "step 50/100" in shown
    assert "50 %" in shown
    assert "ETA 0:00:01" in shown
    assert shown.endswith("\x1b[?25h"), "the cursor is back"
    screen.progress.teardown(screen.trainer.as_trainer, MODULE, "fit")


@pytest.mark.parametrize("terminal", [True, False])
def test_only_rank_0_shows_anything(terminal: bool) -> None:
    screen = Screen(terminal=terminal)
    screen.trainer.is_global_zero = False
    screen.start()
    screen.metrics.latest = dict(LATEST)
    screen.step(1)
    screen.progress.on_validation_end(screen.trainer.as_trainer, MODULE)
    assert screen.file.getvalue() == ""


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00:00"), (59.6, "0:01:00"), (3723, "1:02:03"), (360_000, "100:00:00")]
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text
