"""The numbers of one check that a detector judges, as the stream has them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from seqsetvae.stream.records import Value

PREFIX = "posterior/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One check of the posterior; None is what was not measured.

    Attributes:
        step: Optimizer step.
        kl: Σ_j KL_j, nats a set, raw.
        variance: Mean σ².
        active_units: Share of dimensions whose μ varies between sets.
        active_units_sigma: Share of dimensions with σ² > 0.01; the original rules read it.
        collapsed_fraction: Share of dimensions whose KL is below 0.01 nats in 99 % of sets.
        mutual_information: Nats, at most ln `sample_sets`.
        z_ablation: Relative rise of reconstruction with another set's z.
        recon: Reconstruction loss.
        sets: Sets that the check covers.
        sample_sets: Sets of the samples that mutual information was estimated from.
        beta, max_beta: β in force and what it rises to.
        kl_per_dim: KL of each dimension, nats.
        levels: For each latent level its `kl` and `active_units`, where there are several.
    """

    step: int
    kl: float
    variance: float | None = None
    active_units: float | None = None
    active_units_sigma: float | None = None
    collapsed_fraction: float | None = None
    mutual_information: float | None = None
    z_ablation: float | None = None
    recon: float | None = None
    sets: float | None = None
    sample_sets: float | None = None
    beta: float | None = None
    max_beta: float | None = None
    kl_per_dim: tuple[float, ...] = ()
    levels: tuple[LevelObservation, ...] = ()

    @property
    def not_finite(self) -> tuple[str, ...]:
        """Names of the non-finite numbers."""
        measured = {
            "KL": self.kl, "variance": self.variance, "mutual information": self.mutual_information,
            "z ablation": self.z_ablation, "reconstruction": self.recon,
        }  # fmt: skip
        return tuple(name for name, value in measured.items() if value is not None and not math.isfinite(value))

    @property
    def finite(self) -> bool:
        """Whether every number is finite."""
        return not self.not_finite


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelObservation:
    """What a check says of one latent level."""

    kl: float
    active_units: float | None


def observation_of(step: int, metrics: Mapping[str, Value | list[float]]) -> Observation | None:
    """Return the check in a line of the stream, or None where the line has no KL of the posterior.

    Args:
        step: The line's step.
        metrics: Its names and values.
    """
    kl = _number(metrics, "kl")
    if kl is None:
        return None
    per_dim = metrics.get(f"{PREFIX}kl_per_dim", ())
    names = (
        "variance", "active_units", "active_units_sigma", "collapsed_fraction", "mutual_information", "z_ablation",
        "recon", "sets", "sample_sets", "beta", "max_beta",
    )  # fmt: skip
    return Observation(
        step=step,
        kl=kl,
        kl_per_dim=tuple(per_dim) if isinstance(per_dim, tuple | list) else (),
        levels=_levels(metrics),
        **{name: _number(metrics, name) for name in names},
    )


def _levels(metrics: Mapping[str, Value | list[float]]) -> tuple[LevelObservation, ...]:
    levels: list[LevelObservation] = []
    while (kl := _number(metrics, f"level{len(levels) + 1}/kl")) is not None:
        active = _number(metrics, f"level{len(levels) + 1}/active_units")
        levels.append(LevelObservation(kl=kl, active_units=active))
    return tuple(levels)


def _number(metrics: Mapping[str, Value | list[float]], name: str) -> float | None:
    value = metrics.get(PREFIX + name)
    return float(value) if isinstance(value, int | float) else None
