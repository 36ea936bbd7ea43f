"""What validation and test measure: accumulated on the device, calculated at the end over all ranks."""

from __future__ import annotations

import math

import torch
import torch.distributed as dist
from torch import Tensor
from torchmetrics.utilities.distributed import gather_all_tensors

from seqsetvae.data.batch import EventBatch
from seqsetvae.model.losses import Losses
from seqsetvae.model.outcome_scores import outcome_scores

#: Numbers of a batch: its patients and sets, then its losses.
COLUMNS = 6


class Evaluation:
    """Means of the losses and the ranking of patients.

    Attributes:
        non_finite: Patients whose probability was not finite when the metrics were last calculated.
    """

    def __init__(self) -> None:
        self.non_finite = 0
        self.start()

    def start(self) -> None:
        """Forget all batches."""
        self._batches: list[Tensor] = []
        self._predictions: list[Tensor] = []

    def update(self, losses: Losses, logit: Tensor, batch: EventBatch) -> None:
        """Add a batch; nothing waits for the device."""
        parts = (losses.total, losses.classification, losses.reconstruction, losses.kl)
        values = torch.stack(parts).float()
        counts = torch.tensor([batch.num_patients, batch.num_sets], dtype=values.dtype).to(values.device)
        self._batches.append(torch.cat((counts, values)))
        self._predictions.append(torch.stack((logit.float(), batch.label.float()), dim=1))

    def metrics(self, device: torch.device | str = "cpu") -> dict[str, float]:
        """Return the metrics over the batches of all ranks, which must all call it.

        Each loss is weighted by the patients or sets that it is a mean over. A logit that is not finite makes
        everything NaN that depends on it.
        """
        rows = _of_all_ranks(self._batches, COLUMNS, device).double()
        patients, sets, total, classification, recon, kl = rows.unbind(dim=1)
        logit, label = _of_all_ranks(self._predictions, 2, device).unbind(dim=1)
        finite = logit.isfinite()
        self.non_finite = int((~finite).sum())
        right = (logit > 0) == (label > 0.5)
        return {
            "loss": _mean(total, patients),
            "recon": _mean(recon, sets),
            "kl": _mean(kl, sets),
            "classification": _mean(classification, patients),
            **outcome_scores(logit.sigmoid().masked_fill(~finite, math.nan), label),
            "accuracy": math.nan if self.non_finite else float(right.float().mean()),
        }


def _of_all_ranks(parts: list[Tensor], columns: int, device: torch.device | str) -> Tensor:
    """Return the rows `[rows, columns]` of all ranks, on the host; a rank may have none."""
    rows = torch.cat([part.view(-1, columns) for part in parts] or [torch.empty(0, columns, device=device)])
    if dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1:
        rows = torch.cat(gather_all_tensors(rows))
    return rows.cpu()


def _mean(values: Tensor, weights: Tensor) -> float:
    return float((values * weights).sum() / weights.sum())
