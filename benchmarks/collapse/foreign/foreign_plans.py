"""The trainings of foreign VAEs: architectures, and what is done to each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from benchmarks.collapse.foreign.strong_decoders import PixelVae, SentenceVae, SeriesVae
from benchmarks.collapse.foreign.vaes import (
    ConditionalVae,
    ConvVae,
    ForeignVae,
    LadderVae,
    MixturePriorVae,
    MlpVae,
)  # fmt: skip

Objective = Literal["elbo", "free bits", "capacity", "importance weighted"]

#: Steps of a run, and of one that dies slowly: eight and ten checks at the longest interval.
STEPS, GRADUAL_STEPS = 1600, 2000
#: In this order, so that a part of the work has both halves; see `foreign_plans`.
SEEDS = (0, 3, 1, 4, 2)
#: Architectures from which nothing may be chosen: all of their runs are the test half, as are seeds from 3 on.
TEST_ARCHITECTURES = frozenset({"transformer", "conv", "ladder", "mean-mse", "table", "series"})


@dataclass(frozen=True, slots=True)
class Ramp:
    """A number that goes from `start` to `end` between two steps, linearly or `geometric`; `period` repeats that."""

    start: float
    end: float
    begin: int = 0
    finish: int = 1
    period: int = 0
    geometric: bool = False

    def __call__(self, step: int) -> float:
        """Return the value at a step."""
        at = step % self.period if self.period else step
        share = min(1.0, max(0.0, (at - self.begin) / (self.finish - self.begin)))
        if self.geometric:
            return float(self.start * (self.end / self.start) ** share)
        return self.start + share * (self.end - self.start)


def constant(value: float) -> Ramp:
    """Return a number that stays."""
    return Ramp(value, value)


ONE, NOTHING = constant(1.0), constant(0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignPlan:
    """One training; its fate is judged, not assumed.

    Attributes:
        architecture, scenario: What is trained, and what is done to it.
        seed: Decides weights, batches and noise.
        data: One of `foreign_data.DATA`.
        build: Makes the model.
        beta: Weight of KL.
        handicap: How much the decoder is kept from what comes before; see `ForeignVae`.
        objective: What is minimised; `free_bits` and `capacity` belong to two of them.
        quiet: Factor on the initial weights of the last layer that gives μ and log σ².
        warm_up: Whether the user knows from the start what β rises to.
        gradual: Whether it is meant to die slowly.
    """

    architecture: str
    scenario: str
    seed: int
    data: str
    build: Callable[[], ForeignVae]
    beta: Ramp = ONE
    handicap: Ramp = NOTHING
    objective: Objective = "elbo"
    free_bits: float = 0.0
    capacity: Ramp = NOTHING
    batch: int = 64
    learning_rate: float = 2e-3
    steps: int = STEPS
    quiet: float = 1.0
    warm_up: bool = False
    gradual: bool = False

    @property
    def name(self) -> str:
        """A name for files."""
        return f"{self.architecture}-{self.scenario}-s{self.seed}"

    @property
    def half(self) -> Literal["calibration", "test"]:
        """Which half of the benchmark it belongs to, by architecture and by seed."""
        return "test" if self.architecture in TEST_ARCHITECTURES or self.seed >= 3 else "calibration"


def foreign_plans() -> Iterator[ForeignPlan]:
    """Yield all runs; the first fifth or so has every architecture with every seed, each with another scenario."""
    scenarios = {name: [s for s in SCENARIOS if s[0] == name] for name in ARCHITECTURES}
    for shift in range(max(map(len, scenarios.values()))):
        for index, seed in enumerate(SEEDS):
            for architecture, known in scenarios.items():
                if shift < len(known):
                    _, scenario, options = known[(index + shift) % len(known)]
                    yield ForeignPlan(
                        architecture=architecture,
                        scenario=scenario,
                        seed=seed,
                        **{**ARCHITECTURES[architecture], **options},
                    )


def _slow(start: float, end: float, begin: int = 400, finish: int = 1500) -> dict[str, Any]:
    return {"beta": Ramp(start, end, begin, finish, geometric=True), "gradual": True, "steps": GRADUAL_STEPS}


def _warm_up(beta: float, finish: int, period: int = 0) -> dict[str, Any]:
    return {"beta": Ramp(0.0, beta, 0, finish, period), "warm_up": True}


def _growing(beta: float) -> dict[str, Any]:
    return {"handicap": Ramp(1.0, 0.0, 400, 1200), "beta": constant(beta), "gradual": True, "steps": GRADUAL_STEPS}


ARCHITECTURES: Mapping[str, dict[str, Any]] = {
    "mlp": {"data": "digits", "build": lambda: MlpVae(8)},
    "mlp-wide": {"data": "digits", "build": lambda: MlpVae(32), "batch": 128},
    "conv": {"data": "digits", "build": lambda: ConvVae(8)},
    "lstm": {"data": "sentences", "build": lambda: SentenceVae(8), "batch": 32, "learning_rate": 5e-3},
    "transformer": {"data": "sentences", "build": lambda: SentenceVae(8, decoder="transformer"), "batch": 32,
                    "learning_rate": 3e-3},
    "pixelcnn": {"data": "binary digits", "build": lambda: PixelVae(8), "batch": 32, "learning_rate": 3e-3},
    "ladder": {"data": "digits", "build": lambda: LadderVae(8, 4)},
    "vamp": {"data": "digits", "build": lambda: MixturePriorVae(8)},
    "conditional": {"data": "labelled digits", "build": lambda: ConditionalVae(8)},
    "iwae": {"data": "digits", "build": lambda: MlpVae(8), "objective": "importance weighted", "batch": 32},
    "capacity": {"data": "digits", "build": lambda: MlpVae(8), "objective": "capacity", "beta": constant(20.0)},
    "free-bits": {"data": "digits", "build": lambda: MlpVae(8, likelihood="gaussian"), "objective": "free bits",
                  "free_bits": 0.1},
    "mean-mse": {"data": "digits", "build": lambda: ConvVae(8, likelihood="mean squares")},
    "table": {"data": "table", "build": lambda: MlpVae(2, features=6, hidden=16, likelihood="gaussian"), "batch": 8},
    "cyclical": {"data": "digits", "build": lambda: MlpVae(2), "batch": 256},
    "series": {"data": "series", "build": lambda: SeriesVae(4), "batch": 32, "learning_rate": 3e-3},
}  # fmt: skip

SCENARIOS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("mlp", "beta0.5", {"beta": constant(0.5)}),
    ("mlp", "beta30", {"beta": constant(30.0)}),
    ("mlp", "beta-rising", _slow(0.3, 10.0)),
    ("mlp", "slow-waker", {"quiet": 0.003, "learning_rate": 2e-4}),
    ("mlp", "warm-up-to-1", _warm_up(1.0, 600)),
    ("mlp", "warm-up-to-30", _warm_up(30.0, 400)),
    ("mlp-wide", "beta0.5", {"beta": constant(0.5)}),
    ("mlp-wide", "beta2", {"beta": constant(2.0)}),
    ("mlp-wide", "beta-rising", _slow(0.3, 10.0)),
    ("conv", "beta1", {}),
    ("conv", "beta30", {"beta": constant(30.0)}),
    ("conv", "beta-rising", _slow(0.5, 10.0)),
    ("lstm", "beta1", {}),
    ("lstm", "beta0.2", {"beta": constant(0.2)}),
    ("lstm", "words-return", _growing(1.2)),
    ("transformer", "beta1", {}),
    ("transformer", "beta0.2", {"beta": constant(0.2)}),
    ("transformer", "words-return", _growing(1.2)),
    ("pixelcnn", "beta1", {}),
    ("pixelcnn", "beta3", {"beta": constant(3.0)}),
    ("pixelcnn", "decoder-grows", _growing(2.5)),
    ("ladder", "beta1", {}),
    ("ladder", "beta30", {"beta": constant(30.0)}),
    ("vamp", "beta1", {}),
    ("vamp", "beta30", {"beta": constant(30.0)}),
    ("vamp", "beta-rising", _slow(0.3, 10.0)),
    ("conditional", "beta1", {}),
    ("conditional", "beta30", {"beta": constant(30.0)}),
    ("iwae", "k5", {}),
    ("iwae", "beta-rising", _slow(0.3, 10.0)),
    ("capacity", "rising", {"capacity": Ramp(0.0, 8.0, 0, 1200)}),
    ("capacity", "falling", {"capacity": Ramp(6.0, 0.0, 400, 1500), "gradual": True, "steps": GRADUAL_STEPS}),
    ("free-bits", "beta1", {}),
    ("free-bits", "beta300", {"beta": constant(300.0), "free_bits": 0.01}),
    ("mean-mse", "kld0.00025", {"beta": constant(0.00025)}),
    ("mean-mse", "kld0.5", {"beta": constant(0.5)}),
    ("mean-mse", "kld-rising", _slow(0.00025, 0.1)),
    ("table", "beta1", {}),
    ("table", "beta100", {"beta": constant(100.0)}),
    ("table", "beta-rising", _slow(1.0, 100.0)),
    ("cyclical", "beta0.5", _warm_up(0.5, 200, 400)),
    ("cyclical", "beta30", _warm_up(30.0, 200, 400)),
    ("series", "beta1", {}),
    ("series", "beta20", {"beta": constant(20.0)}),
)
