"""The trainings of the benchmark: what is done to them, and what they are meant to become."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from seqsetvae.training.schedules import BetaSchedule

Kind = Literal[
    "healthy", "warm-up", "recovery", "partial", "total", "slow", "mid-run", "held", "explosion", "nan", "random"
]  # fmt: skip

#: What all runs share: a model whose step takes some 50 ms on one core, checked every 5 steps.
SHARED: Mapping[str, Any] = {
    "num_workers": 0, "precision": "32", "devices": "1", "max_epochs": -1, "max_steps": 300, "update_frequency": "5",
    "batch_size": 8, "gradient_accumulation_steps": 1, "reduced_dim": 32, "latent_dim": 16, "ff_dim": 32,
    "transformer_layers": 1, "learning_rate": 2e-3, "set_encoder_lr_factor": 1.0, "lr_warmup_steps": 20,
    "free_bits": 0.0, "max_beta": 0.01, "beta_warmup_steps": 100, "early_stopping_patience": 0,
    "test_after_training": False, "limit_val_batches": 1, "val_check_interval": 1.0, "log_every_n_steps": 50,
    "plot_frequency": 0, "auto_save_on_collapse": False, "on_collapse": (),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class BetaChange:
    """β changes its course from a step on: it moves to `beta` in `steps` steps, geometrically."""

    at: int
    beta: float
    steps: int = 1

    def schedule(self, step: int, before: BetaSchedule) -> BetaSchedule:
        """Return the schedule in force at a step, given the one before the change."""
        start = before.max_beta
        share = min(1.0, (step - self.at + 1) / self.steps)
        return BetaSchedule(
            max_beta=math.exp((1 - share) * math.log(start) + share * math.log(self.beta)),
            warmup_steps=0,
            annealing="constant",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlan:
    """One training.

    Attributes:
        kind: What it is meant to become; its fate is judged, not assumed.
        seed: Decides weights, batches and noise; odd seeds are the test half.
        cohort: `synthetic` or `real`.
        changes: Settings that differ from `SHARED`.
        beta_changes: What happens to β on the way.
        quiet_start: Factor on the initial weights of the posterior heads: near 0, the posterior starts at the prior.
        deaf: Share of latent dimensions, the last ones, that the rest of the model cannot hear; they are bound to die.
    """

    kind: Kind
    variant: str
    seed: int
    cohort: Literal["synthetic", "real"] = "synthetic"
    changes: Mapping[str, Any] = field(default_factory=dict)
    beta_changes: tuple[BetaChange, ...] = ()
    quiet_start: float = 1.0
    deaf: float = 0.0

    @property
    def name(self) -> str:
        """A name for files."""
        return f"{self.kind}-{self.variant}-{self.cohort}-s{self.seed}".replace(" ", "_")

    @property
    def half(self) -> Literal["calibration", "test"]:
        """Which half of the benchmark it belongs to."""
        return "test" if self.seed % 2 else "calibration"


def all_plans() -> Iterator[RunPlan]:
    """Yield the runs of the benchmark, each variant with an even and an odd seed."""
    for index, (kind, variant, options) in enumerate(VARIANTS):
        for half in (0, 1):
            yield RunPlan(kind=kind, variant=variant, seed=2 * index + half, **options)


def random_plans(count: int, seed: int, *, real: bool) -> Iterator[RunPlan]:
    """Yield runs whose settings are drawn at random, beyond those that were thought of."""
    draw = random.Random(seed)
    for index in range(count):
        levels, latent = draw.choice([1, 2, 2, 3]), draw.choice([2, 4, 8, 16, 32, 64])
        steps = draw.choice([250, 300, 350])
        beta = 10 ** draw.uniform(-3, 1)
        raised = (BetaChange(at=steps // 2, beta=10 ** draw.uniform(-2, 1)),)
        yield RunPlan(
            kind="random",
            variant=f"{index:03d}",
            seed=1000 * seed + index,
            cohort=draw.choice(["synthetic", "real"]) if real else "synthetic",
            beta_changes=raised if draw.random() < 0.3 else (),
            quiet_start=0.01 if draw.random() < 0.1 else 1.0,
            changes={
                "max_steps": steps,
                "levels": levels,
                "latent_dim": latent,
                "reduced_dim": draw.choice([16, 32, 48]),
                "batch_size": draw.choice([1, 4, 8, 8, 16]),
                "max_beta": beta,
                "warmup_beta": draw.random() < 0.7,
                "beta_warmup_steps": draw.choice([20, 60, 120]),
                "kl_annealing": draw.choice(["linear", "linear", "cyclical"]),
                "free_bits": draw.choice([0.0, 0.0, 0.02, 0.1]),
                "learning_rate": 10 ** draw.uniform(-3.3, -2.3),
                "update_frequency": draw.choice(["3", "5", "10"]),
            },
        )


def _healthy(variant: str, cohort: str = "synthetic", **changes: Any) -> tuple[Kind, str, dict[str, Any]]:
    return ("healthy", variant, {"cohort": cohort, "changes": changes})


VARIANTS: tuple[tuple[Kind, str, dict[str, Any]], ...] = (
    _healthy("beta0.01"),
    _healthy("beta0.003", max_beta=0.003),
    _healthy("beta0.001-latent32", max_beta=0.001, latent_dim=32),
    _healthy("beta0.03", max_beta=0.03, max_steps=400),
    _healthy("constant-beta", warmup_beta=False, max_beta=0.005),
    _healthy("cyclical", kl_annealing="cyclical", beta_warmup_steps=40),
    _healthy("wide", reduced_dim=64, latent_dim=64, ff_dim=64, max_steps=200),
    _healthy("one-level-tiny-latent", levels=1, latent_dim=2),
    _healthy("latent4", latent_dim=4, levels=1, max_beta=0.003),
    _healthy("free-bits", free_bits=0.05, max_beta=0.1),
    _healthy("batch1", batch_size=1, max_steps=400, learning_rate=1e-3),
    _healthy("real", "real"),
    _healthy("real-beta0.003-latent32", "real", max_beta=0.003, latent_dim=32),
    _healthy("real-three-levels", "real", levels=3, latent_dim=8, max_beta=0.005),
    ("warm-up", "quiet-start", {"quiet_start": 0.01, "changes": {"beta_warmup_steps": 200, "max_steps": 400}}),
    ("warm-up", "slow-learning", {"quiet_start": 0.01, "changes": {"lr_warmup_steps": 150, "beta_warmup_steps": 200,
                                                                   "max_steps": 400}}),
    ("warm-up", "quiet-start", {"cohort": "real", "quiet_start": 0.01, "changes": {"beta_warmup_steps": 200}}),
    ("recovery", "beta-lowered", {"changes": {"max_beta": 3.0, "warmup_beta": False, "max_steps": 480},
                                  "beta_changes": (BetaChange(at=80, beta=0.001),)}),
    ("total", "beta0.1", {"changes": {"max_beta": 0.1, "latent_dim": 32, "max_steps": 400}}),
    ("total", "beta0.1", {"cohort": "real", "changes": {"max_beta": 0.1, "latent_dim": 32}}),
    ("total", "beta1", {"changes": {"max_beta": 1.0, "warmup_beta": False}}),
    ("total", "beta10", {"changes": {"max_beta": 10.0, "warmup_beta": False}}),
    ("total", "beta1-short-warm-up", {"changes": {"max_beta": 1.0, "beta_warmup_steps": 40}}),
    ("total", "beta3-wide", {"changes": {"max_beta": 3.0, "beta_warmup_steps": 30, "latent_dim": 64, "reduced_dim": 64,
                                         "max_steps": 200}}),
    ("total", "tiny-latent", {"changes": {"max_beta": 2.0, "warmup_beta": False, "latent_dim": 2, "levels": 1}}),
    ("total", "batch1", {"changes": {"max_beta": 2.0, "warmup_beta": False, "batch_size": 1}}),
    ("total", "beta2", {"cohort": "real", "changes": {"max_beta": 2.0, "warmup_beta": False}}),
    ("slow", "ramp", {"beta_changes": (BetaChange(at=100, beta=1.0, steps=200),), "changes": {"max_steps": 400}}),
    ("slow", "ramp", {"cohort": "real", "beta_changes": (BetaChange(at=80, beta=1.0, steps=150),)}),
    ("mid-run", "beta-raised", {"beta_changes": (BetaChange(at=200, beta=3.0),), "changes": {"max_steps": 350}}),
    ("mid-run", "beta-raised-latent64", {"beta_changes": (BetaChange(at=150, beta=1.0),),
                                         "changes": {"latent_dim": 64}}),
    ("mid-run", "beta-raised", {"cohort": "real", "beta_changes": (BetaChange(at=150, beta=2.0),)}),
    ("mid-run", "tiny-latent", {"beta_changes": (BetaChange(at=200, beta=2.0),),
                                "changes": {"latent_dim": 4, "levels": 1, "max_steps": 350}}),
    ("explosion", "learning-rate", {"changes": {"max_beta": 1e-7, "learning_rate": 0.1, "gradient_clip_val": 0.0}}),
    ("nan", "learning-rate", {"changes": {"learning_rate": 1e6, "gradient_clip_val": 0.0}}),
    ("partial", "deaf-half", {"deaf": 0.5, "changes": {"latent_dim": 32, "max_beta": 0.003}}),
    ("partial", "few-alive", {"deaf": 0.94, "changes": {"latent_dim": 64, "max_beta": 0.003}}),
    ("partial", "few-alive", {"cohort": "real", "deaf": 0.94, "changes": {"latent_dim": 64, "max_beta": 0.003}}),
    _healthy("latent128-beta0.03", reduced_dim=64, latent_dim=128, ff_dim=64, max_beta=0.03, max_steps=250),
    ("total", "latent128", {"changes": {"reduced_dim": 64, "latent_dim": 128, "ff_dim": 64, "max_beta": 1.0,
                                        "warmup_beta": False, "max_steps": 200}}),
    ("slow", "half-beta", {"beta_changes": (BetaChange(at=100, beta=0.3, steps=150),), "changes": {"max_steps": 400}}),
    ("held", "free-bits-beta5", {"changes": {"max_beta": 5.0, "warmup_beta": False, "free_bits": 0.05}}),
    ("held", "free-bits-beta1", {"cohort": "real", "changes": {"max_beta": 1.0, "beta_warmup_steps": 50,
                                                               "free_bits": 0.03}}),
)  # fmt: skip
