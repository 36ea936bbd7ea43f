"""What all tests share: the model's signatures, axes of tensors included, are enforced while they run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from jaxtyping import install_import_hook

from seqsetvae.i18n.language import Language
from seqsetvae.i18n.user_locale import language_of
from tests import shapes

if TYPE_CHECKING:
    from seqsetvae.stream.records import Value
    from seqsetvae.training.config import TrainConfig
    from tests.training_runs import Point

# The tests read English, wherever they run.
if language_of(os.environ) is not Language.EN:
    os.environ["LC_ALL"] = "C.UTF-8"

# `make test` tries the same examples every time, so that chance never decides its outcome; `make fuzz` searches at
# random. No profile has a deadline: how fast an example runs says nothing about whether it is right.
_SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large)
settings.register_profile("test", derandomize=True, deadline=None, database=None, suppress_health_check=_SLOW)
settings.register_profile("fuzz", derandomize=False, deadline=None, print_blob=True, suppress_health_check=_SLOW)
settings.load_profile(os.environ.get("SEQSETVAE_HYPOTHESIS", "test"))

# Before any test imports the model. Importing jaxtyping does not import torch: the watcher's tests stay light.
install_import_hook(shapes.ENFORCED, f"{shapes.__name__}.{shapes.enforced.__name__}")


@pytest.fixture(scope="session")
def tiny_cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A synthetic cohort that trains in a second; see `tests.training_runs`. Read-only: copy it to change it."""
    from tests.training_runs import make_cohort  # imports torch, which the watcher's tests do not need

    return make_cohort(tmp_path_factory.mktemp("tiny") / "cohort")


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Compute on one core while the test runs; see `tests.training_runs.on_one_thread`."""
    from tests.training_runs import on_one_thread

    with on_one_thread():
        yield


@pytest.fixture(scope="session")
def finished_run(tiny_cohort: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainConfig:
    """The settings of a run that was trained to its end, undisturbed. Read-only: copy its files to change them."""
    from tests.training_runs import long_settings, on_one_thread, trained

    config = long_settings(tiny_cohort, tmp_path_factory.mktemp("finished"))
    with on_one_thread():
        trained(config)
    return config


@pytest.fixture
def undisturbed(finished_run: TrainConfig) -> dict[Point, Value]:
    """Every value of the finished run, by step and name."""
    from tests.training_runs import history, metrics_of, root_of

    return history(metrics_of(root_of(finished_run)))
