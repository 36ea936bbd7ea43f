"""Watching the posterior never makes the host wait for the device, but where a summary is delivered.

Three guards. Tensors without values raise where a value or a shape that depends on one is asked for; they see every
operator. Counting Python's ways to read a tensor sees what an operator does not: `cpu`, `tolist`, `numpy`. On a machine
with a CUDA device, CUDA itself raises at every synchronisation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from types import SimpleNamespace
from typing import Any, cast

import pytest
import pytorch_lightning as pl
import torch
from torch import Tensor
from torch._subclasses.fake_tensor import DataDependentOutputException, DynamicOutputShapeException, FakeTensorMode

from seqsetvae.collapse.detector import make_detector
from seqsetvae.collapse.thresholds import Thresholds
from seqsetvae.data.batch import EventBatch, collate
from seqsetvae.model.seqsetvae import SeqSetVAE
from seqsetvae.posterior.statistics import PosteriorStatistics
from seqsetvae.training.callbacks.posterior_monitor import PosteriorMonitor
from seqsetvae.training.callbacks.reported_posterior import ReportedPosterior
from seqsetvae.training.config import TrainConfig
from seqsetvae.training.module import SeqSetVAEModule
from seqsetvae.training.schedules import CheckSchedule
from tests import tiny
from tests.posteriors import batch as posterior_batch
from tests.training_runs import TINY

pytestmark = pytest.mark.usefixtures("one_thread")

#: How Python reads a tensor's values.
READS = ("item", "cpu", "tolist", "numpy", "__bool__", "__int__", "__float__", "__index__", "__array__")
CHECK_EVERY = 3


@contextmanager
def host_reads() -> Iterator[list[str]]:
    """Note each reading of a tensor's values; all tensors are as on a device."""
    reads: list[str] = []

    def noting(name: str) -> Callable[..., object]:
        read = getattr(Tensor, name)

        def noted(tensor: Tensor, *args: object, **kwargs: object) -> object:
            reads.append(name)
            return read(tensor, *args, **kwargs)

        return noted

    with pytest.MonkeyPatch.context() as patch:
        for name in READS:
            patch.setattr(Tensor, name, noting(name))
        yield reads


def module() -> SeqSetVAEModule:
    config = TrainConfig(data_dir="", precision="32", **TINY)  # type: ignore[arg-type]  # all of them are int
    torch.manual_seed(0)
    return SeqSetVAEModule(
        config=config,
        model_config=config.model(num_variables=tiny.NUM_VARIABLES, embedding_dim=None),
        variables=[f"v{i}" for i in range(tiny.NUM_VARIABLES)],
    )


def monitor() -> PosteriorMonitor:
    return PosteriorMonitor(
        source=ReportedPosterior(), schedule=CheckSchedule(every=CHECK_EVERY), detector=make_detector(Thresholds())
    )


class Steps:
    """Ends one training batch after the other, as a trainer on one device does."""

    def __init__(self, module: SeqSetVAEModule, monitor: PosteriorMonitor, batch: EventBatch) -> None:
        self.module, self.monitor, self.batch = module, monitor, batch
        self._state = SimpleNamespace(
            global_step=0,
            current_epoch=0,
            num_training_batches=100,
            world_size=1,
            accumulate_grad_batches=1,
            is_global_zero=True,
            loggers=[],
        )
        self._trainer = cast(pl.Trainer, self._state)
        monitor.on_train_start(self._trainer, module)

    def step(self) -> None:
        """Make the step that is not watched here."""
        self.module.training_step(self.batch, self._state.global_step)
        self._state.global_step += 1

    def end(self) -> None:
        """Have it watched."""
        self.monitor.on_train_batch_end(self._trainer, self.module, None, self.batch, self._state.global_step - 1)


class NeverArriving:
    """A readback whose copies are never complete."""

    def __init__(self) -> None:
        self.started: list[Tensor] = []

    def start(self, tag: object, values: Tensor) -> None:
        self.started.append(values)

    def completed(self, *, wait: bool = False) -> list[Any]:
        return []


def without_values(batch: EventBatch, mode: FakeTensorMode) -> EventBatch:
    return EventBatch(**{f.name: mode.from_tensor(getattr(batch, f.name)) for f in fields(batch)})


class TestTensorsWithoutValues:
    @pytest.mark.parametrize(
        "read",
        [lambda t: t.sum().item(), lambda t: bool(t.any()), lambda t: t.nonzero(), lambda t: t[t > 0]],
        ids=["item", "branch", "nonzero", "mask as index"],
    )
    def test_they_catch_what_waits(self, read: Callable[[Tensor], object]) -> None:
        with FakeTensorMode(), pytest.raises((DataDependentOutputException, DynamicOutputShapeException)):
            read(torch.ones(3))

    @pytest.mark.parametrize("sets", [1, 5, 300])
    def test_statistics_wait_for_nothing(self, sets: int) -> None:
        with FakeTensorMode():
            statistics = PosteriorStatistics([4, 3], sample_every=2)
            posteriors, _ = posterior_batch(torch.zeros(sets, 4), torch.zeros(sets, 3))
            for _ in range(3):
                statistics.update(posteriors, torch.zeros(()))
            summary = statistics.vector(torch.zeros(()))
            statistics.reset()
        assert summary.ndim == 1

    def test_neither_do_steps_with_a_monitor_checks_and_z_ablation(self) -> None:
        watched, watching, readback, real = module(), monitor(), NeverArriving(), collate(tiny.patients())
        with FakeTensorMode() as mode, pytest.MonkeyPatch.context() as patch:
            watched.model = SeqSetVAE(watched.model.config)
            patch.setattr(watching._judge, "_readback", readback)
            steps = Steps(watched, watching, without_values(real, mode))
            for _ in range(2 * CHECK_EVERY):
                steps.step()
                steps.end()
        assert len(readback.started) == 2


class TestCountedReads:
    @pytest.mark.parametrize(
        ("read", "name"),
        [
            (lambda t: t.item(), "item"),
            (lambda t: t.cpu(), "cpu"),
            (lambda t: t.tolist(), "tolist"),
            (lambda t: t.numpy(), "numpy"),
            (bool, "__bool__"),
            (float, "__float__"),
            (int, "__int__"),
        ],
    )
    def test_each_way_to_read_is_counted(self, read: Callable[[Tensor], object], name: str) -> None:
        with host_reads() as reads:
            read(torch.ones(()))
        assert reads == [name]

    def test_a_monitored_run_reads_one_tensor_a_check(self) -> None:
        steps = Steps(module(), monitor(), collate(tiny.patients()))
        counted = []
        for _ in range(2 * CHECK_EVERY + 1):
            steps.step()
            with host_reads() as reads:
                steps.end()
            counted.append(reads)
        delivery = ["tolist"]
        assert counted == [[], [], delivery, [], [], delivery, []]

    def test_z_ablation_reads_nothing(self) -> None:
        measuring, batch = module(), collate(tiny.patients())
        with host_reads() as reads:
            measuring.z_ablation(batch)
        assert reads == []


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cuda_sees_no_synchronisation() -> None:
    batch = collate(tiny.patients()).to("cuda")
    steps = Steps(module().to("cuda"), monitor(), batch)
    # What CUDA loads on first use may wait; a check is among these.
    for _ in range(CHECK_EVERY):
        steps.step()
        steps.end()
    steps.monitor._last_ablation = -(10**6)
    for _ in range(CHECK_EVERY):
        steps.step()
        torch.cuda.set_sync_debug_mode("error")
        try:
            steps.end()
        finally:
            torch.cuda.set_sync_debug_mode("default")
    steps.monitor._log_completed(wait=True)
    assert steps.monitor.latest is not None
    assert steps.monitor.latest.step == 2 * CHECK_EVERY
