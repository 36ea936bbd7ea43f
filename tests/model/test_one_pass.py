"""One pass for the whole batch: no loop over patients or sets, and nothing that waits for the device."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any

import pytest
import torch
from torch import Tensor
from torch._subclasses.fake_tensor import DataDependentOutputException, DynamicOutputShapeException, FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode

from seqsetvae.data.batch import EventBatch
from seqsetvae.model.model_config import ModelConfig
from seqsetvae.model.seqsetvae import SeqSetVAE
from tests import tiny

FORMS = {"full attention": tiny.config(dropout=0.1), "inducing points": tiny.config(inducing_points=3, dropout=0.1)}


class OperationLog(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts what is handed to the device."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.counts: Counter[str] = Counter()

    def __torch_dispatch__(
        self,
        func: torch._ops.OpOverload[..., Any],
        types: Sequence[type],
        args: tuple[object, ...] = (),
        kwargs: Mapping[str, object] | None = None,
    ) -> object:
        self.counts[func._schema.name] += 1
        return func(*args, **(kwargs or {}))


def step(model: SeqSetVAE, batch: EventBatch) -> None:
    """Forward, loss and backward, as in a training step."""
    model.zero_grad()
    tiny.objective(model(batch), batch).total.backward()  # type: ignore[no-untyped-call]


def operations(model: SeqSetVAE, batch: EventBatch) -> Counter[str]:
    log = OperationLog()
    with log:
        step(model, batch)
    return log.counts


@pytest.fixture(params=list(FORMS.values()), ids=list(FORMS))
def training(request: pytest.FixtureRequest) -> SeqSetVAE:
    dimensions: ModelConfig = request.param
    return tiny.model(dimensions).train()


def test_a_training_step_never_waits_for_a_value(training: SeqSetVAE) -> None:
    """The step runs on tensors that have a shape and no values: branching on one, or reading one, would raise."""
    batch = tiny.batch(tiny.patients())
    with FakeTensorMode() as mode:
        shapes: dict[str, Tensor] = {
            name: mode.from_tensor(t) for name, t in (*training.named_parameters(), *training.named_buffers())
        }
        without_values = EventBatch(**{f.name: mode.from_tensor(getattr(batch, f.name)) for f in fields(batch)})
        output = torch.func.functional_call(training, shapes, (without_values,))
        tiny.objective(output, without_values).total.backward()  # type: ignore[no-untyped-call]


@pytest.mark.parametrize(
    "read",
    [
        lambda t: t.sum().item(),
        lambda t: t[t > 0],
        lambda t: bool(t.any()),
        lambda t: t.tolist(),
        lambda t: t.nonzero(),
    ],
    ids=["item", "mask as index", "branch", "tolist", "nonzero"],
)
def test_tensors_without_values_catch_a_step_that_waits(read: Callable[[Tensor], object]) -> None:
    with FakeTensorMode(), pytest.raises((DataDependentOutputException, DynamicOutputShapeException)):
        read(torch.ones(3))


def test_the_work_is_one_number_of_operations_however_many_patients_and_sets(training: SeqSetVAE) -> None:
    few = operations(training, tiny.batch(tiny.patients([(20, 2), (30,)])))
    many = operations(training, tiny.batch(tiny.patients([(5, 1, 40, 2, 2, 9)] * 7 + [(1,) * 60])))
    assert few == many


def test_every_parameter_takes_part(training: SeqSetVAE) -> None:
    """Distributed training refuses parameters that the loss does not reach, and a user would wonder about them."""
    step(training, tiny.batch(tiny.patients()))
    assert [name for name, p in training.named_parameters() if p.grad is None] == []
