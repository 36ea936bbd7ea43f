"""Signals end training at a whole optimizer step; handlers come and go with training."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from seqsetvae.training.callbacks.interruption import SIGNALS, Interruption
from seqsetvae.training.rank_end import TrainingInterrupted
from tests.training.callbacks.stand_ins import StandInModule, StandInTrainer

MODULE = StandInModule()


@pytest.fixture
def trainer() -> StandInTrainer:
    return StandInTrainer()


@pytest.fixture
def interruption(trainer: StandInTrainer) -> Iterator[Interruption]:
    made = Interruption()
    made.setup(trainer.as_trainer, MODULE, "fit")
    made.on_train_start(trainer.as_trainer, MODULE)
    yield made
    made.teardown(trainer.as_trainer, MODULE, "fit")


def end_batch(interruption: Interruption, trainer: StandInTrainer, *, stepped: bool) -> None:
    trainer.global_step += int(stepped)
    interruption.on_train_batch_end(trainer.as_trainer, MODULE, None, None, 0)


def send(number: int) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", SIGNALS)
def test_it_waits_for_the_end_of_a_whole_step(
    interruption: Interruption, trainer: StandInTrainer, number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    end_batch(interruption, trainer, stepped=True)
    send(number)
    assert f"{signal.Signals(number).name}: finishing this step, then saving." in capsys.readouterr().err
    end_batch(interruption, trainer, stepped=False)
    end_batch(interruption, trainer, stepped=False)
    with pytest.raises(TrainingInterrupted) as caught:
        end_batch(interruption, trainer, stepped=True)
    assert (caught.value.code, caught.value.signal_number) == (128 + number, number)


def test_a_validation_is_left_at_its_next_batch(interruption: Interruption, trainer: StandInTrainer) -> None:
    interruption.on_validation_batch_end(trainer.as_trainer, MODULE)
    send(signal.SIGTERM)
    with pytest.raises(TrainingInterrupted):
        interruption.on_validation_batch_end(trainer.as_trainer, MODULE)


def test_a_second_signal_acts_at_once(interruption: Interruption) -> None:
    send(signal.SIGINT)
    with pytest.raises(TrainingInterrupted) as caught:
        send(signal.SIGTERM)
    assert caught.value.code == 143


def test_without_a_signal_nothing_stops(interruption: Interruption, trainer: StandInTrainer) -> None:
    for stepped in (True, False, True):
        end_batch(interruption, trainer, stepped=stepped)
    interruption.on_validation_batch_end(trainer.as_trainer, MODULE)


def test_handlers_are_given_back(trainer: StandInTrainer) -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    interruption = Interruption()
    interruption.setup(trainer.as_trainer, MODULE, "fit")
    during = [signal.getsignal(number) for number in SIGNALS]
    interruption.teardown(trainer.as_trainer, MODULE, "fit")
    assert [signal.getsignal(number) for number in SIGNALS] == before
    assert not set(during) & set(before)


@pytest.mark.parametrize("stage", ["test", "validate", "predict"])
def test_only_training_takes_signals_over(trainer: StandInTrainer, stage: str) -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    Interruption().setup(trainer.as_trainer, MODULE, stage)
    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_in_another_thread_signals_are_left_alone(trainer: StandInTrainer) -> None:
    """Python allows handlers in the main thread only; training in a notebook's thread must not fail for it."""
    raised: list[Any] = []

    def train() -> None:
        try:
            Interruption().setup(trainer.as_trainer, MODULE, "fit")
        except ValueError as error:
            raised.append(error)

    thread = threading.Thread(target=train)
    thread.start()
    thread.join()
    assert raised == []
