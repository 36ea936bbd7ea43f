"""One check of the posterior, under the names that the stream has for it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

#: Share of ln(sets of the sample), the most that it can show, up to which its mutual information is believed.
SURE_SHARE = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelSummary:
    """Statistics of one latent level; None is what the batches could not determine.

    Attributes:
        kl: Σ_j KL_j, nats a set, raw.
        variance: Mean σ² over sets and dimensions.
        active_units: Share of dimensions whose μ varies between sets.
        active_units_sigma: Share of dimensions whose mean σ² is above 0.01; reads 1 under total collapse.
        collapsed_fraction: Share of dimensions whose KL is below 0.01 nats in 99 % of sets.
        mutual_information: Between the sets of a sample and their latents, nats, at most the log of the sample's size.
    """

    kl: float
    variance: float
    active_units: float | None
    active_units_sigma: float
    collapsed_fraction: float | None
    mutual_information: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PosteriorSummary:
    """One check of the posterior, over all batches since the last.

    Attributes:
        levels: Statistics of each latent level.
        dimensions: Latent dimensions of each level.
        mutual_information: Of all levels together.
        sample_sets: Sets of the samples that mutual information was estimated from (geometric mean).
        sets: Sets that the check covers.
        recon: Reconstruction loss, None where it is not known.
        kl_per_dim: KL of each dimension, all levels, nats.
        z_ablation: Relative rise of the reconstruction loss with another set's z; None where it was not measured.
        beta: β in force at the check.
        max_beta: What β rises to.
    """

    levels: tuple[LevelSummary, ...]
    dimensions: tuple[int, ...]
    mutual_information: float | None
    sample_sets: float | None
    sets: float
    recon: float | None
    kl_per_dim: tuple[float, ...]
    z_ablation: float | None = None
    beta: float | None = None
    max_beta: float | None = None

    @property
    def kl(self) -> float:
        """Σ_j KL_j over all levels, nats a set, raw."""
        return sum(level.kl for level in self.levels)

    @property
    def marginal_kl(self) -> float | None:
        """KL(q(z) ‖ p(z)), nats a set: what KL costs beyond what z says of its set (Hoffman & Johnson 2016).

        None where mutual information is unknown, or so near the most that the sample can show that it is too low.
        """
        information, sets = self.mutual_information, self.sample_sets
        if information is None or sets is None or information >= SURE_SHARE * math.log(sets):
            return None
        return max(0.0, self.kl - information)

    @property
    def active_units(self) -> float | None:
        """Share of all dimensions whose μ varies between sets."""
        return self._mean([level.active_units for level in self.levels])

    def to_metrics(self) -> dict[str, float | list[float]]:
        """Return the stream's names and values; what is None is left out.

        A model of one level has no names for its level: they would repeat the others.
        """
        overall: dict[str, float | list[float] | None] = {
            "posterior/kl": self.kl,
            "posterior/variance": self._mean([level.variance for level in self.levels]),
            "posterior/active_units": self.active_units,
            "posterior/active_units_sigma": self._mean([level.active_units_sigma for level in self.levels]),
            "posterior/collapsed_fraction": self._mean([level.collapsed_fraction for level in self.levels]),
            "posterior/mutual_information": self.mutual_information,
            "posterior/marginal_kl": self.marginal_kl,
            "posterior/z_ablation": self.z_ablation,
            "posterior/recon": self.recon,
            "posterior/sets": self.sets,
            "posterior/sample_sets": self.sample_sets,
            "posterior/beta": self.beta,
            "posterior/max_beta": self.max_beta,
            "posterior/kl_per_dim": list(self.kl_per_dim),
        }
        if len(self.levels) > 1:
            for number, level in enumerate(self.levels, start=1):
                for field in fields(level):
                    overall[f"posterior/level{number}/{field.name}"] = getattr(level, field.name)
        return {name: value for name, value in overall.items() if value is not None}

    def _mean(self, values: Sequence[float | None]) -> float | None:
        """Return the mean over all dimensions of a quantity given per level."""
        weighted = [v * d for v, d in zip(values, self.dimensions, strict=True) if v is not None]
        return sum(weighted) / sum(self.dimensions) if len(weighted) == len(values) else None
