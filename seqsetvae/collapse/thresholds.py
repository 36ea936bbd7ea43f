"""Where each number leaves the healthy range, and how long it may."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, Self

DetectorName = Literal["posterior", "original"]

#: The rules of the original code, and those of its `--fast_detection`.
ORIGINAL_KL, ORIGINAL_VARIANCE, ORIGINAL_ACTIVE_UNITS = 0.01, 0.1, 0.1
FAST_KL, FAST_VARIANCE, FAST_ACTIVE_UNITS = 0.005, 0.05, 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Settings of a detector; None is the detector's own default.

    Attributes:
        detector: `posterior`, or `original` for the rules of the original code.
        fast_detection: With `original`: its other set of thresholds.
        kl_threshold: Nats below which the KL of a set is low; see `evidence.kl_limit`.
        var_threshold: Mean σ² above which a posterior with low KL is the prior (0.95); with `original`, below which.
        active_units_threshold: Share of active dimensions below which they are few.
        collapsed_fraction_threshold: Share of collapsed dimensions above which they are many.
        mutual_information_threshold: Nats below which z says nothing of its set; see `evidence.information_limit`.
        z_ablation_threshold: Relative loss of reconstruction below which the decoder does without z.
        kl_explosion_threshold: Nats a set above which KL has exploded; see `diagnosis.explosion_limit`.
        min_checks: Checks before which the verdict is green: too early to tell.
        window_size: Checks over which trends are taken.
        free_bits: Nats a dimension that cost nothing.
    """

    detector: DetectorName = "posterior"
    fast_detection: bool = False
    kl_threshold: float | None = None
    var_threshold: float | None = None
    active_units_threshold: float | None = None
    collapsed_fraction_threshold: float = 0.9
    mutual_information_threshold: float | None = None
    z_ablation_threshold: float = 0.01
    kl_explosion_threshold: float | None = None
    min_checks: int = 5
    window_size: int = 50
    free_bits: float = 0.0

    def __post_init__(self) -> None:
        for name in ("kl_threshold", "var_threshold", "mutual_information_threshold", "kl_explosion_threshold"):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value > 0):
                raise ValueError(f"--{name} must be positive and finite, got {value}")
        for name in ("active_units_threshold", "collapsed_fraction_threshold", "z_ablation_threshold"):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= 1:
                raise ValueError(f"--{name} must be in [0, 1], got {value}")
        if self.min_checks < 1:
            raise ValueError(f"--min_checks must be at least 1, got {self.min_checks}")
        if self.window_size < 3:
            raise ValueError(f"--window_size must be at least 3, got {self.window_size}")

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Self:
        """Return the thresholds among a run's settings, as its manifest has them; other settings are passed over.

        Raises:
            ValueError: a threshold is out of range; the message names the flag and the value.
        """
        return cls(**{f.name: settings[f.name] for f in fields(cls) if f.name in settings})
