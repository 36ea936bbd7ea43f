"""What validation and test measure, accumulated on the device."""

from __future__ import annotations

from torch import Tensor, nn
from torchmetrics import MeanMetric, Metric
from torchmetrics.classification import BinaryAccuracy, BinaryAUROC, BinaryAveragePrecision

from seqsetvae.data.batch import EventBatch
from seqsetvae.model.losses import Losses


class Evaluation(nn.Module):
    """Means of the losses and the ranking of patients; reduced over ranks by torchmetrics."""

    def __init__(self) -> None:
        super().__init__()
        self.loss, self.classification = MeanMetric(), MeanMetric()
        self.recon, self.kl = MeanMetric(), MeanMetric()
        self.auroc, self.auprc, self.accuracy = BinaryAUROC(), BinaryAveragePrecision(), BinaryAccuracy()

    def update(self, losses: Losses, logit: Tensor, batch: EventBatch) -> None:
        """Add a batch; each loss is weighted by the patients or sets that it is a mean over."""
        self.loss.update(losses.total, batch.num_patients)
        self.classification.update(losses.classification, batch.num_patients)
        self.recon.update(losses.reconstruction, batch.num_sets)
        self.kl.update(losses.kl, batch.num_sets)
        probability, label = logit.sigmoid(), batch.label.int()
        self.auroc.update(probability, label)
        self.auprc.update(probability, label)
        self.accuracy.update(probability, label)

    def metrics(self) -> dict[str, Metric]:
        """Return the accumulators by name."""
        return {
            "loss": self.loss,
            "recon": self.recon,
            "kl": self.kl,
            "classification": self.classification,
            "auroc": self.auroc,
            "auprc": self.auprc,
            "accuracy": self.accuracy,
        }
