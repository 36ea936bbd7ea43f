"""A VAE whose author knows nothing of this package."""

from __future__ import annotations

from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

FEATURES, LATENT, ROWS = 8, 4, 64


class ForeignVae(pl.LightningModule):
    """Linear encoder and decoder; the training step returns the loss alone."""

    def __init__(self, beta: float = 0.01) -> None:
        super().__init__()
        self.kl_weight = beta
        self.fc_mu = nn.Linear(FEATURES, LATENT)
        self.fc_var = nn.Linear(FEATURES, LATENT)
        self.decoder = nn.Linear(LATENT, FEATURES)

    def training_step(self, batch: list[Tensor], batch_idx: int) -> Any:
        (x,) = batch
        mean, log_variance = self.fc_mu(x), self.fc_var(x)
        z = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
        reconstruction = (self.decoder(z) - x).square().sum(-1).mean()
        kl = 0.5 * (mean.square() + log_variance.exp() - 1.0 - log_variance).sum(-1).mean()
        self.log("train/recon_loss", reconstruction)
        return reconstruction + self.kl_weight * kl

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters(), lr=1e-2)


class DeadVae(ForeignVae):
    """Its encoder puts out the prior for whatever it sees."""

    def __init__(self, beta: float = 0.5) -> None:
        super().__init__(beta)
        for layer in (self.fc_mu, self.fc_var):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)
            layer.requires_grad_(False)


def rows() -> DataLoader[tuple[Tensor, ...]]:
    """Return some data, in batches of 16."""
    draw = torch.Generator().manual_seed(0)
    data = torch.randn(ROWS, LATENT, generator=draw) @ torch.randn(LATENT, FEATURES, generator=draw)
    return DataLoader(TensorDataset(data), batch_size=16)
