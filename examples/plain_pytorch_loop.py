"""Watch the posterior of a VAE in a plain PyTorch loop, without Lightning.

    python examples/plain_pytorch_loop.py logs
    python examples/plain_pytorch_loop.py logs --run_name too-much --beta 10
    seqsetvae-watch logs

The lines with `tracker` are all that a loop of your own needs. With `--beta 10` the verdict turns red.
"""

from __future__ import annotations

import argparse

import torch
from torch import nn

from seqsetvae.posterior.posterior_tracker import PosteriorTracker

FEATURES, LATENT, STEPS = 16, 4, 400


def main() -> None:
    """Train for a few seconds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("log_dir", help="directory of all runs")
    parser.add_argument("--run_name", help="name of this run; the time by default")
    parser.add_argument("--beta", type=float, default=0.1, help="weight of the KL term")
    arguments = parser.parse_args()

    torch.manual_seed(1)
    data = torch.randn(1024, LATENT) @ torch.randn(LATENT, FEATURES) / FEATURES**0.5
    encoder, decoder = nn.Linear(FEATURES, 2 * LATENT), nn.Linear(LATENT, FEATURES)
    optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=1e-2)

    with PosteriorTracker(arguments.log_dir, arguments.run_name, check_frequency=10, total_steps=STEPS) as tracker:
        for step in range(1, STEPS + 1):
            x = data[torch.randint(len(data), (32,))]
            mean, log_variance = encoder(x).chunk(2, dim=-1)
            z = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
            reconstruction = (decoder(z) - x).square().sum(-1).mean()
            kl = 0.5 * (mean.square() + log_variance.exp() - 1.0 - log_variance).sum(-1).mean()
            optimizer.zero_grad()
            (reconstruction + arguments.beta * kl).backward()
            optimizer.step()
            verdict = tracker.step(mean, log_variance, reconstruction=reconstruction, beta=arguments.beta)
            if verdict is not None and verdict.changed and verdict.step == step:
                print(f"step {step} {verdict.level}: {verdict.headline}")


if __name__ == "__main__":
    main()
