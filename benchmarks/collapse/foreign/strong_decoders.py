"""VAEs whose decoder could do without z: it sees the words, pixels or values before the one that it predicts."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.collapse.foreign.foreign_data import LENGTH, SERIES_STEPS, WORDS
from benchmarks.collapse.foreign.vaes import NOISE, ForeignVae, gaussian, mlp
from seqsetvae.model.gaussian import GaussianPosterior

#: The word for what is not shown: the start of a sentence, and dropped words.
UNKNOWN = WORDS


class SentenceVae(ForeignVae):
    """Sentences by an LSTM (Bowman et al. 2016) or a transformer; the handicap is the share of dropped words."""

    def __init__(self, latent: int, *, decoder: Literal["lstm", "transformer"] = "lstm", hidden: int = 32) -> None:
        super().__init__()
        self.dimensions = (latent,)
        self.words = nn.Embedding(WORDS + 1, hidden)
        self.reader = nn.GRU(hidden, hidden, batch_first=True)
        self.head = nn.Linear(hidden, 2 * latent)
        self.from_z = nn.Linear(latent, hidden)
        self.place = nn.Parameter(0.1 * torch.randn(LENGTH, hidden))
        self.lstm = nn.LSTM(hidden, hidden, batch_first=True) if decoder == "lstm" else None
        self.transformer = None if decoder == "lstm" else nn.TransformerEncoderLayer(
            hidden, 2, 2 * hidden, dropout=0.0, batch_first=True
        )  # fmt: skip
        self.guess = nn.Linear(hidden, WORDS)

    def encode(self, x: Tensor, group: Tensor) -> list[GaussianPosterior]:
        """Read the sentence."""
        return [gaussian(self.head(self.reader(self.words(x))[1][0]))]

    def data_loss(self, z: list[Tensor], x: Tensor, group: Tensor) -> Tensor:
        """Predict each word from z and the words before, nats a sentence."""
        before = F.pad(x[:, :-1], (1, 0), value=UNKNOWN)
        if self.handicap > 0:
            before = before.masked_fill(torch.rand(before.shape) < self.handicap, UNKNOWN)
        seen = self.words(before) + self.from_z(z[0])[:, None] + self.place
        if self.lstm is not None:
            hidden = self.lstm(seen)[0]
        else:
            assert self.transformer is not None
            mask = nn.Transformer.generate_square_subsequent_mask(LENGTH)
            hidden = self.transformer(seen, src_mask=mask, is_causal=True)
        return F.cross_entropy(self.guess(hidden).transpose(1, 2), x, reduction="none").sum(1)


class PixelVae(ForeignVae):
    """Binary pixels by masked convolutions over those before (PixelCNN); the handicap dims what they see."""

    def __init__(self, latent: int, *, channels: int = 12, layers: int = 2) -> None:
        super().__init__()
        self.dimensions = (latent,)
        self.encoder = mlp(64, 64, 2 * latent)
        self.from_z = mlp(latent, 64, channels * 64)
        widths = [1] + [channels] * layers
        self.context = nn.ModuleList(
            MaskedConvolution(before, after, own=index > 0) for index, (before, after) in enumerate(pairwise(widths))
        )
        self.guess = nn.Conv2d(channels, 1, 1)

    def encode(self, x: Tensor, group: Tensor) -> list[GaussianPosterior]:
        """Encode all pixels."""
        return [gaussian(self.encoder(x))]

    def data_loss(self, z: list[Tensor], x: Tensor, group: Tensor) -> Tensor:
        """Predict each pixel from z and the pixels before, nats an image."""
        seen = (1 - self.handicap) * x.view(-1, 1, 8, 8)
        for layer in self.context:
            seen = torch.relu(layer(seen))
        from_z = self.from_z(z[0]).view(len(x), -1, 8, 8)
        logits = self.guess(torch.relu((1 - self.handicap) * seen + from_z)).flatten(1)
        return F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)


class MaskedConvolution(nn.Conv2d):
    """A 5 × 5 convolution that sees only pixels before, and its `own` where that is one of the layers above."""

    def __init__(self, before: int, after: int, *, own: bool) -> None:
        super().__init__(before, after, 5, padding=2)
        self.mask: Tensor
        mask = torch.ones(5, 5)
        mask[2, 2 + own :] = 0
        mask[3:] = 0
        self.register_buffer("mask", mask)

    def forward(self, x: Tensor) -> Tensor:
        """Convolve with what the mask leaves."""
        return F.conv2d(x, self.weight * self.mask, self.bias, padding=2)


class SeriesVae(ForeignVae):
    """A latent of its own for each step of time, `[batch, time, latent]`; the decoder sees the values before."""

    time = SERIES_STEPS

    def __init__(self, latent: int, *, hidden: int = 24) -> None:
        super().__init__()
        self.dimensions = (latent,)
        self.reader = nn.GRU(2, hidden, batch_first=True)
        self.head = nn.Linear(hidden, 2 * latent)
        self.writer = nn.GRU(2 + latent, hidden, batch_first=True)
        self.guess = nn.Linear(hidden + latent, 2)

    def encode(self, x: Tensor, group: Tensor) -> list[GaussianPosterior]:
        """Encode each step after those before."""
        mean, log_variance = self.head(self.reader(x)[0]).chunk(2, -1)
        return [GaussianPosterior(mean=mean.flatten(1), log_variance=log_variance.flatten(1).clamp(-12, 6))]

    def data_loss(self, z: list[Tensor], x: Tensor, group: Tensor) -> Tensor:
        """Predict each value from z and the values before, nats a series."""
        latents = z[0].view(len(x), self.time, -1)
        before = (1 - self.handicap) * F.pad(x[:, :-1], (0, 0, 1, 0))
        hidden = self.writer(torch.cat([before, latents], -1))[0]
        guess = self.guess(torch.cat([hidden, latents], -1))
        squares: Tensor = (guess - x).square() / (2 * NOISE**2)
        return squares.sum((1, 2))
