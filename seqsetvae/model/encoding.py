"""Sine and cosine features of unbounded quantities: times, positions, ranks."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor


def sinusoidal(quantity: Tensor, width: int, *, shortest: float, longest: float) -> Float[Tensor, "*axes {width}"]:
    """Return `width` sine and cosine features of `quantity`, with periods spaced geometrically.

    Computed in the quantity's own precision: float64 tells neighbouring minutes apart for as long as it counts them,
    float32 for months. The form is that of Vaswani et al. 2017, "Attention Is All You Need", section 3.5, with the
    range of periods as an argument.

    Args:
        quantity: Values of any shape, in the unit of the periods.
        width: Number of features, even.
        shortest: Shortest period.
        longest: Longest period.
    """
    ratio = torch.linspace(0.0, 1.0, width // 2, device=quantity.device, dtype=quantity.dtype)
    angular = 2 * math.pi / shortest * (shortest / longest) ** ratio
    phase = quantity.unsqueeze(-1) * angular
    return torch.cat((phase.sin(), phase.cos()), dim=-1)
