"""Watch any LightningModule: one logger and two callbacks, nothing else changes.

    python examples/own_lightning_module.py runs
    seqsetvae-watch runs

The model is a small VAE on made-up data. Three lines, marked below, make its training watchable.
"""

from __future__ import annotations

import argparse

import torch
from pytorch_lightning import LightningModule, Trainer, seed_everything
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from seqsetvae.callbacks.jsonl_logger import JsonlLogger
from seqsetvae.callbacks.run_progress import RunProgress
from seqsetvae.callbacks.system_monitor import SystemMonitor

FEATURES, LATENT = 16, 4


class SmallVae(LightningModule):
    """A VAE that logs as any LightningModule does; names with a slash are grouped by what stands before it."""

    def __init__(self, beta: float = 0.1) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.beta = beta
        self.encoder = nn.Linear(FEATURES, 2 * LATENT)
        self.decoder = nn.Linear(LATENT, FEATURES)

    def training_step(self, batch: list[Tensor], batch_idx: int) -> Tensor:
        """Log the loss, and the metrics that the watcher pins to the top: `posterior/…`."""
        (x,) = batch
        mean, log_variance = self.encoder(x).chunk(2, dim=-1)
        z = mean + torch.randn_like(mean) * (0.5 * log_variance).exp()
        reconstruction = (self.decoder(z) - x).square().sum(-1).mean()
        kl_per_dim = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).mean(0)
        loss: Tensor = reconstruction + self.beta * kl_per_dim.sum()
        self.log_dict({"train/loss": loss, "posterior/recon": reconstruction, "posterior/kl": kl_per_dim.sum()})
        if batch_idx % 10 == 0 and isinstance(self.logger, JsonlLogger):
            # Lists of numbers go to the logger itself; .tolist() waits for the device, so not in every step.
            self.logger.log_metrics({"posterior/kl_per_dim": kl_per_dim.tolist()}, step=self.global_step)
        return loss

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Adam, as ever."""
        return torch.optim.Adam(self.parameters(), lr=1e-2)


def main() -> None:
    """Train for a few seconds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("log_dir", help="directory of all runs")
    parser.add_argument("--run_name", help="name of this run; the time by default")
    parser.add_argument("--max_epochs", type=int, default=5)
    arguments = parser.parse_args()

    seed_everything(1, verbose=False)
    data = torch.randn(1024, LATENT) @ torch.randn(LATENT, FEATURES)
    trainer = Trainer(
        max_epochs=arguments.max_epochs,
        log_every_n_steps=5,
        logger=JsonlLogger(arguments.log_dir, arguments.run_name),  # writes the run
        callbacks=[
            RunProgress(),  # totals, fractional epochs, exact steps, and where a run was resumed
            SystemMonitor(),  # the machine, and the heartbeat by which a stalled run is seen
        ],
        accelerator="auto",
        enable_checkpointing=False,
    )
    trainer.fit(SmallVae(), DataLoader(TensorDataset(data), batch_size=32, shuffle=True))


if __name__ == "__main__":
    main()
