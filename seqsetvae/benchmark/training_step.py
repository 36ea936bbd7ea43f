"""The optimizer step that is timed, as in training: forward, loss, backward, clipping, AdamW; and what it works on."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode, sdpa_backward_flop, sdpa_flop

from seqsetvae.benchmark.peak_rate import synchronize
from seqsetvae.data.batch import EventBatch, PatientArrays, collate
from seqsetvae.model.gaussian import GaussianPosterior
from seqsetvae.model.losses import ChamferWeights, Losses, LossWeights, seqsetvae_loss
from seqsetvae.model.model_config import ModelConfig
from seqsetvae.model.seqsetvae import SeqSetVAE, SeqSetVAEOutput
from seqsetvae.training.config import Precision, TrainConfig


def _ready_made(formula: Callable[..., int]) -> Any:
    """Mark a formula whose arguments are tensors, as PyTorch's own do, so that the counter does not wrap it again."""
    marked = partial(formula)
    marked._get_raw = True  # type: ignore[attr-defined]
    return marked


#: Fused attention on a CPU, which PyTorch's counter does not know.
CPU_ATTENTION: dict[Any, Any] = {
    torch.ops.aten._scaled_dot_product_flash_attention_for_cpu: _ready_made(sdpa_flop),
    torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward: _ready_made(sdpa_backward_flop),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """Weights of the loss, constant while timing."""

    weights: LossWeights
    chamfer: ChamferWeights
    free_bits: float
    label_smoothing: float
    clip: float

    @classmethod
    def of(cls, config: TrainConfig) -> Objective:
        """Return the objective of a run after its warm-ups."""
        return cls(
            weights=LossWeights(
                reconstruction=config.reconstruction_weight,
                beta=config.max_beta,
                classification=config.classification_weight,
            ),
            chamfer=ChamferWeights(),
            free_bits=config.free_bits,
            label_smoothing=config.label_smoothing,
            clip=config.gradient_clip_val,
        )


class TrainingStep:
    """A model and its optimizer, one call a step."""

    def __init__(
        self,
        model_config: ModelConfig,
        objective: Objective,
        *,
        precision: Precision,
        device: str,
        compiled: bool = False,
    ) -> None:
        torch.manual_seed(0)
        self.device = torch.device(device)
        self.model = SeqSetVAE(model_config).to(self.device)
        self._call: Callable[[EventBatch], SeqSetVAEOutput] = (
            torch.compile(self.model, dynamic=True) if compiled else self.model
        )
        self.objective = objective
        self.dtype = {"32": None, "bf16-mixed": torch.bfloat16, "16-mixed": torch.float16}[precision]
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=1e-4, fused=True)
        self.posteriors: list[GaussianPosterior] = []

    def __call__(self, batch: EventBatch) -> Losses:
        """Make one optimizer step."""
        losses = self._forward(batch, self._call)
        self.descend(losses.total)
        return losses

    def descend(self, loss: Tensor) -> None:
        """Move the weights by the gradient of a loss."""
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.objective.clip)
        self.optimizer.step()

    def _forward(self, batch: EventBatch, call: Callable[[EventBatch], SeqSetVAEOutput]) -> Losses:
        with torch.autocast(self.device.type, self.dtype, enabled=self.dtype is not None):
            output = call(batch)
            losses = seqsetvae_loss(
                output, batch, weights=self.objective.weights, chamfer=self.objective.chamfer,
                free_bits=self.objective.free_bits, label_smoothing=self.objective.label_smoothing,
            )  # fmt: skip
        self.posteriors = [
            GaussianPosterior(mean=q.mean.detach(), log_variance=q.log_variance.detach()) for q in output.posteriors
        ]
        return losses

    def flops(self, batch: EventBatch) -> int:
        """Return the matrix-multiplication FLOPs of one step, as executed (masked scores count)."""
        with FlopCounterMode(display=False, custom_mapping=CPU_ATTENTION) as counter:
            self._forward(batch, self.model).total.backward()  # type: ignore[no-untyped-call]
        self.optimizer.zero_grad(set_to_none=True)
        return int(counter.get_total_flops())


def timed(function: Callable[[], object], device: torch.device) -> float:
    """Return the seconds that a call takes, the device's work included."""
    synchronize(device)
    start = time.perf_counter()
    function()
    synchronize(device)
    return time.perf_counter() - start


def bucketed_batches(patients: Sequence[PatientArrays], batch_size: int) -> list[EventBatch]:
    """Return whole batches of patients of like length."""
    ordered = sorted(patients, key=lambda patient: len(patient.minute))
    starts = range(0, len(ordered) - batch_size + 1, batch_size)
    return [collate(ordered[start : start + batch_size]) for start in starts]


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What steps are measured on."""

    patients: Sequence[PatientArrays]
    model: ModelConfig
    objective: Objective
    device: str

    def step(self, precision: Precision = "32", *, compiled: bool = False) -> TrainingStep:
        """Return a fresh model with its optimizer."""
        return TrainingStep(self.model, self.objective, precision=precision, device=self.device, compiled=compiled)

    def batches(self, batch_size: int) -> list[EventBatch]:
        """Return the patients in batches, on the device."""
        return [batch.to(self.device) for batch in bucketed_batches(self.patients, batch_size)]
