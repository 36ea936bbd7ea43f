"""Small data sets for foreign VAEs: digits of 8 × 8 pixels, and made-up sentences, tables and series.

Each has a training part and a held-out part. `features` is what a probe is asked to predict from z; `group` is what the
model is told beside z (all zero where it is told nothing): z is only worth what it says beyond that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from sklearn.datasets import load_digits
from torch import Tensor

HELD_OUT = 400
WORDS, LENGTH, TOPICS = 10, 10, 4
SERIES_STEPS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """Examples of one part: `x` for the model, `group` that it is told, and `features` for a probe."""

    x: Tensor
    group: Tensor
    features: Tensor

    def at(self, index: Tensor | slice) -> Examples:
        """Return some of the examples."""
        return Examples(x=self.x[index], group=self.group[index], features=self.features[index])


def halves(examples: Examples) -> tuple[Examples, Examples]:
    """Return the training part and the held-out part, which is the end."""
    return examples.at(slice(None, -HELD_OUT)), examples.at(slice(-HELD_OUT, None))


def _digits(*, binary: bool = False, labelled: bool = False) -> Examples:
    found = load_digits()
    shuffled = torch.randperm(len(found.data), generator=_generator())
    x = torch.tensor(found.data, dtype=torch.float32)[shuffled] / 16.0
    label = torch.tensor(found.target, dtype=torch.long)[shuffled]
    if binary:
        x = (x > 0.5).float()
    return Examples(x=x, group=label if labelled else torch.zeros_like(label), features=x)


def _sentences() -> Examples:
    """Markov chains of words; the topic decides which word follows which."""
    draw, count = _generator(), 3000
    topic = torch.randint(TOPICS, (count,), generator=draw)
    following = torch.stack([torch.randperm(WORDS, generator=draw) for _ in range(TOPICS)])
    words = [torch.randint(4, (count,), generator=draw) + 2 * topic]
    for _ in range(LENGTH - 1):
        noise = torch.randint(WORDS, (count,), generator=draw)
        random = torch.rand(count, generator=draw) < 0.2
        words.append(torch.where(random, noise, following[topic, words[-1]]))
    x = torch.stack(words, 1)
    counts = torch.nn.functional.one_hot(x, WORDS).sum(1).float()
    features = torch.cat([counts, torch.nn.functional.one_hot(topic, TOPICS).float()], 1)
    return Examples(x=x, group=torch.zeros_like(topic), features=features)


def _table() -> Examples:
    """Six columns, two causes, noise."""
    draw = _generator()
    causes = torch.randn(3000, 2, generator=draw)
    x = torch.tanh(causes @ torch.randn(2, 6, generator=draw)) + 0.2 * torch.randn(3000, 6, generator=draw)
    return Examples(x=x, group=torch.zeros(3000, dtype=torch.long), features=x)


def _series() -> Examples:
    """Two noisy waves over eight steps, of random phase and frequency."""
    draw = _generator()
    phase, frequency = 6.28 * torch.rand(2500, 1, generator=draw), 0.4 + torch.rand(2500, 1, generator=draw)
    angle = phase + frequency * torch.arange(SERIES_STEPS)
    x = torch.stack([angle.sin(), angle.cos()], -1) + 0.2 * torch.randn(2500, SERIES_STEPS, 2, generator=draw)
    return Examples(x=x, group=torch.zeros(2500, dtype=torch.long), features=x.flatten(1))


def _generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


DATA: Mapping[str, Callable[[], Examples]] = {
    "digits": _digits,
    "binary digits": lambda: _digits(binary=True),
    "labelled digits": lambda: _digits(labelled=True),
    "sentences": _sentences,
    "table": _table,
    "series": _series,
}
