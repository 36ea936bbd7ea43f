"""Posteriors as programs hold them, as `GaussianPosterior`s, one a level.

Understood are distributions of torch, pairs of tensors, dictionaries and objects with names for μ and σ, the triple of
both and a draw of z, and lists of all these, one a level. A posterior that is no diagonal Gaussian is replaced by the
one of the same mean and variance.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Distribution

from seqsetvae.model.gaussian import GaussianPosterior
from seqsetvae.posterior.parameter_names import Scale, pairs_of

#: Variance below which log σ² is not taken: float32 has no smaller normal numbers.
LEAST_VARIANCE = 1e-37
#: Draws from a distribution that does not know its mean.
DRAWS = 32


class GaussianConversion:
    """Converts posteriors, always in the way that their first batch has shown.

    Whether a parameter is σ or its logarithm is read from the signs of the first batch where names do not tell. That
    waits for the device once; later batches do not.
    """

    def __init__(self) -> None:
        self._decided: dict[Hashable, Any] = {}

    def levels_of(self, value: object, key: tuple[Hashable, ...] = ()) -> list[GaussianPosterior]:
        """Return the levels of a posterior, shapes as they come; none where the value is not one.

        Args:
            value: A distribution, a pair (μ, log σ²) or (μ, σ), a triple of these and z, a mapping or an object that
                names them, or a list of such levels.
            key: Where it stands, so that the same place is always read in the same way.
        """
        if isinstance(value, GaussianPosterior):
            return [gaussian(value.mean, value.log_variance, Scale.LOG_VARIANCE)]
        if isinstance(value, Distribution):
            return _of_distribution(value)
        if isinstance(value, Mapping):
            return self._of_names({str(name): part for name, part in value.items()}, key)
        if isinstance(value, list | tuple) and not hasattr(value, "_fields"):
            if _alike(value) and len(value) == 2:
                return [gaussian(value[0], value[1], self._once(key, lambda: _unnamed(value[1])))]
            if _alike(value) and len(value) == 3:
                return self._of_triple(value, key)
            return self._of_list(value, key)
        return [] if isinstance(value, Tensor) else self._of_names(named_parts(value), key)

    def _once(self, key: tuple[Hashable, ...], decide: Callable[[], Any]) -> Any:
        if key not in self._decided:
            self._decided[key] = decide()
        return self._decided[key]

    def _of_triple(self, parts: Sequence[Tensor], key: tuple[Hashable, ...]) -> list[GaussianPosterior]:
        chosen = self._once(key, lambda: _roles(parts))
        if chosen is None:
            return []
        mean, scale, kind = chosen
        return [gaussian(parts[mean], parts[scale], kind)]

    def _of_list(self, values: Sequence[object], key: tuple[Hashable, ...]) -> list[GaussianPosterior]:
        """Return a level for each entry; none where one of them is not a level."""
        levels = [self.levels_of(value, (*key, place)) for place, value in enumerate(values)]
        return [level for found in levels for level in found] if all(levels) else []

    def _of_names(self, parts: Mapping[str, Any], key: tuple[Hashable, ...]) -> list[GaussianPosterior]:
        """Return the levels among named values: Gaussians by their names, or else distributions and lists of levels."""
        tensors = {name: part for name, part in parts.items() if _is_parameter(part)}
        levels = []
        for pair in pairs_of(tensors):
            mean, scale = tensors[pair.mean], tensors[pair.scale]
            if _fits(mean, scale):
                levels.append(self._of_pair(mean, scale, pair.kind, (*key, pair.mean)))
        if levels:
            return levels
        lists = {name: part for name, part in parts.items() if isinstance(part, list | tuple) and part}
        for pair in pairs_of(lists):
            means, scales = lists[pair.mean], lists[pair.scale]
            if len(means) == len(scales) and all(_is_parameter(part) for part in (*means, *scales)):
                return [
                    self._of_pair(mean, scale, pair.kind, (*key, pair.mean, place))
                    for place, (mean, scale) in enumerate(zip(means, scales, strict=True))
                ]
        return []

    def _of_pair(self, mean: Tensor, scale: Tensor, kind: Scale, key: tuple[Hashable, ...]) -> GaussianPosterior:
        """Return the Gaussian of a named pair: σ or σ² that is not above 0 is its logarithm."""
        return gaussian(mean, scale, self._once(key, lambda: kind.logarithm if bool((scale <= 0).any()) else kind))


def gaussian(mean: Tensor, scale: Tensor, kind: Scale) -> GaussianPosterior:
    """Return the posterior of a mean and another parameter, in float32 or wider, without gradients."""
    mean, scale = mean.detach(), scale.detach()
    if mean.dtype in (torch.float16, torch.bfloat16):
        mean = mean.float()
    scale = scale.to(mean.dtype)
    if kind is Scale.LOG_VARIANCE:
        log_variance = scale
    elif kind is Scale.LOG_DEVIATION:
        log_variance = 2.0 * scale
    else:
        variance = scale.square() if kind is Scale.DEVIATION else scale
        log_variance = variance.clamp(min=LEAST_VARIANCE).log()
    return GaussianPosterior(mean=mean, log_variance=log_variance.expand_as(mean))


def of_samples(samples: Tensor) -> GaussianPosterior:
    """Return the Gaussian with the moments of draws of z, `[draws, *sets, latent]`."""
    variance, mean = torch.var_mean(samples.detach().float(), dim=0)
    return gaussian(mean, variance, Scale.VARIANCE)


def as_sets(posterior: GaussianPosterior, mask: Tensor | None = None) -> GaussianPosterior:
    """Return a posterior as `[sets, latent]`.

    Three axes are batch, time and latent, and every moment is a set of its own. With more axes (maps of a convolution)
    all but the first are one latent vector.

    Args:
        posterior: Any shape.
        mask: `[batch, time]`, true or above 0 where there is something.
    """
    mean, log_variance = posterior.mean, posterior.log_variance
    for axis in (0, 1):
        if mean.dim() > 2 and mean.stride(axis) == log_variance.stride(axis) == 0 and mean.shape[axis] > 1:
            # Expanded for several draws of z, as IWAE does: each set counts once.
            mean, log_variance = mean.select(axis, 0), log_variance.select(axis, 0)
            break
    if mean.dim() == 1:
        mean, log_variance = mean[:, None], log_variance[:, None]
    elif mean.dim() == 3:
        mean, log_variance = mean.flatten(0, 1), log_variance.flatten(0, 1)
        if mask is not None:
            chosen = _chosen(mask.reshape(-1) > 0)
            mean, log_variance = mean[chosen], log_variance[chosen]
    elif mean.dim() > 3:
        mean, log_variance = mean.flatten(1), log_variance.flatten(1)
    return GaussianPosterior(mean=mean, log_variance=log_variance)


def levels_as_sets(found: Sequence[GaussianPosterior], mask: Tensor | None = None) -> list[GaussianPosterior]:
    """Return levels as `[sets, latent]`: each example is one set where levels differ in their moments."""
    levels = [as_sets(q, mask) for q in found]
    if len({q.mean.shape[0] for q in levels}) == 1:
        return levels
    return [
        GaussianPosterior(mean=q.mean.flatten(1), log_variance=q.log_variance.flatten(1))
        if q.mean.dim() > 1
        else as_sets(q)
        for q in found
    ]


def named_parts(value: object) -> dict[str, Any]:
    """Return what an object has attributes for; nothing for a plain value."""
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    if hasattr(value, "_fields"):
        return {name: getattr(value, name) for name in value._fields}
    return {name: part for name, part in getattr(value, "__dict__", {}).items() if not name.startswith("__")}


def _chosen(kept: Tensor) -> Tensor:
    """Return what is kept, as an index; on an accelerator repeated to full length, since asking how many would wait."""
    if kept.device.type == "cpu":
        return kept
    order = torch.argsort((~kept).to(torch.int8), stable=True)
    places = torch.arange(len(kept), device=kept.device) % kept.sum().clamp(min=1)
    return order[places]


def _is_parameter(value: object) -> bool:
    return isinstance(value, Tensor) and value.is_floating_point()


def _alike(values: Sequence[object]) -> bool:
    """Return whether values are tensors of one shape that has a batch and a latent axis."""
    return all(
        isinstance(value, Tensor) and value.is_floating_point() and value.dim() >= 2 and value.shape == values[0].shape  # type: ignore[attr-defined]
        for value in values
    )


def _fits(mean: Tensor, scale: Tensor) -> bool:
    sizes = zip(reversed(mean.shape), reversed(scale.shape), strict=False)
    return 0 < mean.dim() >= scale.dim() and all(other in (size, 1) for size, other in sizes)


def _unnamed(scale: Tensor) -> Scale:
    """Return what the second of two tensors is: log σ² by custom, σ where every number is above 0."""
    return Scale.LOG_VARIANCE if bool((scale <= 0).any()) else Scale.DEVIATION


def _roles(parts: Sequence[Tensor]) -> tuple[int, int, Scale] | None:
    """Return which of three tensors are μ and the other parameter, and what that is, given that one is a draw of z.

    The draw is the one whose distance from μ is about σ: the mean square of (z − μ) / σ is 1.
    """
    best: tuple[float, tuple[int, int, Scale] | None] = (2.0, None)
    for draw, mean, scale in ((0, 1, 2), (2, 0, 1)):
        kind = _unnamed(parts[scale])
        q = gaussian(parts[mean], parts[scale], kind)
        square = float(((parts[draw].detach() - q.mean).square() * torch.exp(-q.log_variance)).mean())
        ratio = max(square, 1.0 / square) if square > 0 else float("inf")
        if ratio < best[0]:
            best = (ratio, (mean, scale, kind))
    return best[1]


def _of_distribution(distribution: Distribution) -> list[GaussianPosterior]:
    try:
        if distribution.support is not None and distribution.support.is_discrete:
            return []
        mean, variance = distribution.mean, distribution.variance
    except NotImplementedError:
        return [of_samples(distribution.sample(torch.Size((DRAWS,))))]
    return [gaussian(mean, variance, Scale.VARIANCE)] if mean.is_floating_point() and mean.dim() else []
