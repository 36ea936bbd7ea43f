"""How well probabilities rank patients by outcome."""

from __future__ import annotations

import math

from torch import Tensor
from torchmetrics.functional.classification import binary_auroc, binary_average_precision


def outcome_scores(probability: Tensor, label: Tensor) -> dict[str, float]:
    """Return AUROC and AUPRC of `[patients]`; both are NaN where they are undefined.

    That is where all patients have the same label, or one of the probabilities is NaN and has no rank.
    """
    positive = label > 0.5
    if probability.isnan().any() or not 0 < int(positive.sum()) < len(positive):
        return {"auroc": math.nan, "auprc": math.nan}
    target = positive.long()
    return {
        "auroc": float(binary_auroc(probability, target)),
        "auprc": float(binary_average_precision(probability, target)),
    }
