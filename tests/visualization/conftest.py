"""A trained model and its patients, shared by the tests of this folder; models with known dimensions."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from seqsetvae.data.packed_store import Cohort, open_cohort
from seqsetvae.training.config import TrainConfig
from seqsetvae.visualization.trained_model import TrainedModel, load_model
from tests.training_runs import root_of


@pytest.fixture(scope="session")
def checkpoint(finished_run: TrainConfig) -> Path:
    """The last checkpoint of a finished run. Read-only: copy it to change it."""
    return root_of(finished_run) / "checkpoints" / "run" / "last.ckpt"


@pytest.fixture(scope="session")
def cohort(tiny_cohort: Path) -> Cohort:
    return open_cohort(tiny_cohort, max_sequence_length=1000)


@pytest.fixture(scope="session")
def trained(checkpoint: Path) -> TrainedModel:
    return load_model(checkpoint, torch.device("cpu"))


@pytest.fixture(autouse=True)
def on_one_core(one_thread: None) -> None:
    """Tiny steps take a hundred times as long when threads wait for each other."""
