"""Outcome head: attention pooling over a patient's history, then a logit.

A laboratory value that decides an outcome stands in one set of a hundred. Each of several learned queries can look for
sets of its own kind, so that a rare set is not averaged away among frequent ones.
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from seqsetvae.model.model_config import ModelConfig


class OutcomeClassifier(nn.Module):
    """History vectors to one logit per patient."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        width = config.reduced_dim
        self.score = nn.Linear(width, config.classifier_queries, bias=False)
        self.hidden = nn.Linear((config.classifier_queries + 1) * width, width)
        self.dropout = nn.Dropout(config.dropout)
        self.logit = nn.Linear(width, 1)

    def forward(
        self,
        history: Float[Tensor, "patients steps hidden"],
        present: Bool[Tensor, "patients steps"],
        last: Float[Tensor, "patients hidden"],
    ) -> Float[Tensor, " patients"]:
        """Return the outcome's logit.

        Args:
            history: h of every step; finite in padding.
            present: True where there is a set.
            last: h of each patient's last set.
        """
        score = self.score(history).transpose(1, 2)
        weight = score.masked_fill(~present.unsqueeze(1), torch.finfo(score.dtype).min).softmax(-1)
        pooled = weight.to(history.dtype) @ history
        both = torch.cat((pooled.flatten(1), last.to(pooled.dtype)), dim=-1)
        y: Tensor = self.logit(self.dropout(torch.relu(self.hidden(both))))
        return y.squeeze(-1).float() if y.dtype in (torch.float16, torch.bfloat16) else y.squeeze(-1)
