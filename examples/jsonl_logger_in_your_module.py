"""Watch any LightningModule: a logger and two callbacks, and a third callback for the verdict on its posterior.

    python examples/jsonl_logger_in_your_module.py runs
    python examples/jsonl_logger_in_your_module.py runs --run_name too-much --beta 4
    seqsetvae-watch runs

The model is a small VAE on made-up data. Three lines, marked below, make any training watchable. A fourth,
`PosteriorWatch`, is for VAEs: it finds the posterior, measures it and has it judged as `seqsetvae-train` does. With
`--beta 4` the verdict turns red.
"""

from __future__ import annotations

import argparse
from typing import Any

import torch
from pytorch_lightning import LightningModule, Trainer, seed_everything
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from seqsetvae.callbacks import JsonlLogger, PosteriorWatch, RunProgress, SystemMonitor
from seqsetvae.model.gaussian import GaussianPosterior

FEATURES, LATENT = 16, 4


class SmallVae(LightningModule):
    """A VAE that logs as any LightningModule does; names with a slash are grouped by what stands before it."""

    def __init__(self, beta: float = 0.1) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.beta = beta
        self.encoder = nn.Linear(FEATURES, 2 * LATENT)
        self.decoder = nn.Linear(LATENT, FEATURES)

    def training_step(self, batch: list[Tensor], batch_idx: int) -> dict[str, Any]:
        """Log the loss, and return the posterior, which `PosteriorWatch` finds there."""
        (x,) = batch
        mean, log_variance = self.encoder(x).chunk(2, dim=-1)
        posterior = GaussianPosterior(mean=mean, log_variance=log_variance)
        reconstruction = (self.decoder(posterior.sample()) - x).square().sum(-1).mean()
        kl = posterior.kl().sum(-1).mean()
        loss = reconstruction + self.beta * kl
        self.log_dict({"train/loss": loss, "train/recon": reconstruction, "train/kl": kl})
        seen = GaussianPosterior(mean=mean.detach(), log_variance=log_variance.detach())
        return {"loss": loss, "posterior": seen, "reconstruction": reconstruction.detach()}

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Adam, as ever."""
        return torch.optim.Adam(self.parameters(), lr=1e-2)


def main() -> None:
    """Train for a few seconds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("log_dir", help="directory of all runs")
    parser.add_argument("--run_name", help="name of this run; the time by default")
    parser.add_argument("--max_epochs", type=int, default=20)
    parser.add_argument("--beta", type=float, default=0.1, help="weight of the KL term")
    arguments = parser.parse_args()

    seed_everything(1, verbose=False)
    data = torch.randn(1024, LATENT) @ torch.randn(LATENT, FEATURES) / FEATURES
    trainer = Trainer(
        max_epochs=arguments.max_epochs,
        log_every_n_steps=5,
        logger=JsonlLogger(arguments.log_dir, arguments.run_name),  # writes the run
        callbacks=[
            RunProgress(),  # totals, fractional epochs, exact steps, and where a run was resumed
            SystemMonitor(),  # the machine, and the heartbeat by which a stalled run is seen
            PosteriorWatch(check_frequency=10),  # for VAEs: the metrics pinned to the top, and the verdict
        ],
        accelerator="auto",
        enable_checkpointing=False,
    )
    trainer.fit(SmallVae(arguments.beta), DataLoader(TensorDataset(data), batch_size=32, shuffle=True))


if __name__ == "__main__":
    main()
