"""What all tests share: the model's signatures, axes of tensors included, are enforced while they run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from jaxtyping import install_import_hook

from tests import shapes

# Before any test imports the model. Importing jaxtyping does not import torch: the watcher's tests stay light.
install_import_hook(shapes.ENFORCED, f"{shapes.__name__}.{shapes.enforced.__name__}")


@pytest.fixture(scope="session")
def tiny_cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A synthetic cohort that trains in a second; see `tests.training_runs`. Read-only: copy it to change it."""
    from tests.training_runs import make_cohort  # imports torch, which the watcher's tests do not need

    return make_cohort(tmp_path_factory.mktemp("tiny") / "cohort")


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Compute on one core: a tiny model's step is a hundred times slower when its threads wait for each other."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
