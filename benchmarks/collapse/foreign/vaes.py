"""VAEs as other people write them: one or two levels, with fixed, learned and conditional priors.

All answer the same three questions, so that one loop trains and judges them: what q(z | x) is, what the data cost given
z, and what z costs under the model's own prior.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqsetvae.model.gaussian import GaussianPosterior

PIXELS = 64
#: Standard deviation of Gaussian decoders.
NOISE = 0.3

Likelihood = Literal["bernoulli", "gaussian", "mean squares"]


class ForeignVae(nn.Module):
    """What every VAE here can do.

    Attributes:
        dimensions: Latent dimensions of each level, of each step of time.
        time: Steps of time that each have their own z; their latents lie side by side.
        own_prior: Whether the prior is another than N(0, 1).
        handicap: How much the decoder is kept from the words or pixels before, 0 to 1.
    """

    dimensions: tuple[int, ...]
    time = 1
    own_prior = False
    handicap = 0.0

    def encode(self, x: Tensor, group: Tensor) -> list[GaussianPosterior]:
        """Return q(z | x) of each level, `[batch, time × latent]`."""
        raise NotImplementedError

    def data_loss(self, z: list[Tensor], x: Tensor, group: Tensor) -> Tensor:
        """Return the reconstruction loss of each example."""
        raise NotImplementedError

    def rates(self, posteriors: list[GaussianPosterior], z: list[Tensor], group: Tensor) -> Tensor:
        """Return KL to the model's own prior, of each example and dimension (or in one column, where none has one)."""
        return torch.cat([q.kl() for q in posteriors], 1)


def mlp(*widths: int) -> nn.Sequential:
    """Return linear layers with ReLU between."""
    layers: list[nn.Module] = []
    for before, after in pairwise(widths):
        layers += [nn.Linear(before, after), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def gaussian(parameters: Tensor) -> GaussianPosterior:
    """Return a posterior from a layer's output."""
    mean, log_variance = parameters.chunk(2, -1)
    return GaussianPosterior(mean=mean, log_variance=log_variance.clamp(-12, 6))


def gaussian_kl(q: GaussianPosterior, p: GaussianPosterior) -> Tensor:
    """Return KL(q ‖ p) of each dimension."""
    ratio = torch.exp(q.log_variance - p.log_variance)
    return 0.5 * (
        ratio + (q.mean - p.mean).square() * torch.exp(-p.log_variance) - 1 - (q.log_variance - p.log_variance)
    )


class MlpVae(ForeignVae):
    """Two hidden layers; the textbook VAE."""

    def __init__(
        self, latent: int, *, features: int = PIXELS, hidden: int = 64, likelihood: Likelihood = "bernoulli"
    ) -> None:
        super().__init__()
        self.dimensions = (latent,)
        self.likelihood = likelihood
        self.encoder = mlp(features, hidden, 2 * latent)
        self.decoder = mlp(latent, hidden, features)

    def encode(self, x: Tensor, group: Tensor) -> list[GaussianPosterior]:
        """Encode all features."""
        return [gaussian(self.encoder(x))]

    def data_loss(self, z: list[Tensor], x: Tensor, group: Tensor) -> Tensor:
        """Decode, and compare by the likelihood."""
        return self.compare(self.decoder(z[0]), x)

    def compare(self, guess: Tensor, x: Tensor) -> Tensor:
        """Return the loss of guesses: nats, or mean squares as a popular collection of VAEs has it."""
        if self.likelihood == "bernoulli":
            return F.binary_cross_entropy_with_logits(guess, x, reduction="none").sum(1)
        squares = (guess - x).square()
        return squares.mean(1) if self.likelihood == "mean squares" else (squares / (2 * NOISE**2)).sum(1)


class ConvVae(MlpVae):
    """Convolutions down to 2 × 2 and up again."""

    def __init__(self, latent: int, *, likelihood: Likelihood = "bernoulli") -> None:
        super().__init__(latent, likelihood=likelihood)
        self.encoder = nn.Sequential(
            nn.Unflatten(1, (1, 8, 8)), nn.Conv2d(1, 8, 3, 2, 1), nn.ReLU(), nn.Conv2d(8, 16, 3, 2, 1), nn.ReLU(),
            nn.Flatten(), nn.Linear(64, 2 * latent),
        )  # fmt: skip
        self.decoder = nn.Sequential(
            nn.Linear(latent, 64), nn.ReLU(), nn.Unflatten(1, (16, 2, 2)), nn.ConvTranspose2d(16, 8, 4, 2, 1),
            nn.ReLU(), nn.ConvTranspose2d(8, 1, 4, 2, 1), nn.Flatten(),
        )  # fmt: skip


class ConditionalVae(MlpVae):
    """Encoder, decoder and prior are told the label (Sohn et al. 2015)."""

    own_prior = True

    def __init__(self, latent: int, *, labels: int = 10, hidden: int = 64) -> None:
        super().__init__(latent)
        self.encoder = mlp(PIXELS + labels, hidden, 2 * latent)
        self.decoder = mlp(latent + labels, hidden, PIXELS)
        self.prior = nn.Embedding(labels, 2 * latent)
        self.labels = labels

    def encode(self, x: Tensor, group: Tensor) -> list[GaussianPosterior]:
        """Encode pixels and label."""
        return [gaussian(self.encoder(torch.cat([x, F.one_hot(group, self.labels)], 1)))]

    def data_loss(self, z: list[Tensor], x: Tensor, group: Tensor) -> Tensor:
        """Decode z and label."""
        return self.compare(self.decoder(torch.cat([z[0], F.one_hot(group, self.labels)], 1)), x)

    def rates(self, posteriors: list[GaussianPosterior], z: list[Tensor], group: Tensor) -> Tensor:
        """Return KL to the label's prior."""
        return gaussian_kl(posteriors[0], gaussian(self.prior(group)))


class MixturePriorVae(MlpVae):
    """The prior is the mean posterior of learned inputs: a VampPrior (Tomczak & Welling 2018)."""

    own_prior = True

    def __init__(self, latent: int, *, components: int = 12) -> None:
        super().__init__(latent)
        self.inputs = nn.Parameter(torch.randn(components, PIXELS))

    def rates(self, posteriors: list[GaussianPosterior], z: list[Tensor], group: Tensor) -> Tensor:
        """Return ln q(z) − ln p(z), in one column: a mixture has no KL of a dimension."""
        components = gaussian(self.encoder(torch.sigmoid(self.inputs)))
        densities = log_density(
            GaussianPosterior(mean=components.mean[None], log_variance=components.log_variance[None]), z[0][:, None]
        )
        log_prior = torch.logsumexp(densities, 1) - torch.log(torch.tensor(float(len(self.inputs))))
        return (log_density(posteriors[0], z[0]) - log_prior)[:, None]


class LadderVae(MlpVae):
    """Two levels: a top latent gives the prior of the one below, which the decoder sees."""

    own_prior = True

    def __init__(self, latent: int, top: int, *, hidden: int = 64) -> None:
        super().__init__(latent)
        self.dimensions = (latent, top)
        self.encoder = mlp(PIXELS, hidden, hidden)
        self.bottom, self.top = nn.Linear(hidden, 2 * latent), mlp(hidden, hidden, 2 * top)
        self.prior = mlp(top, hidden, 2 * latent)

    def encode(self, x: Tensor, group: Tensor) -> list[GaussianPosterior]:
        """Encode both levels bottom-up."""
        hidden = torch.relu(self.encoder(x))
        return [gaussian(self.bottom(hidden)), gaussian(self.top(hidden))]

    def rates(self, posteriors: list[GaussianPosterior], z: list[Tensor], group: Tensor) -> Tensor:
        """Return KL of the lower level to what the top predicts, and of the top to N(0, 1)."""
        return torch.cat([gaussian_kl(posteriors[0], gaussian(self.prior(z[1]))), posteriors[1].kl()], 1)


def log_density(q: GaussianPosterior, z: Tensor) -> Tensor:
    """Return ln q(z), summed over dimensions."""
    squares = (z - q.mean).square() * torch.exp(-q.log_variance)
    return -0.5 * (squares + q.log_variance + 1.8378770664093453).sum(-1)
