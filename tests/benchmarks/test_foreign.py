"""The foreign trainings of the collapse benchmark, their judge, and the score of detectors over them."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from torch import Tensor

from benchmarks.collapse.foreign import __main__ as command
from benchmarks.collapse.foreign.foreign_data import DATA, HELD_OUT, halves
from benchmarks.collapse.foreign.foreign_plans import TEST_ARCHITECTURES, ForeignPlan, Ramp, foreign_plans
from benchmarks.collapse.foreign.foreign_score import (
    ForeignRun,
    foreign_outcome,
    metrics_of,
    read_foreign_runs,
    same_levels,
    summarize_foreign,
)
from benchmarks.collapse.foreign.train_foreign import INTERVALS, run_plan
from benchmarks.collapse.foreign.truth import SUSTAINED, TrueState, course, judge
from benchmarks.collapse.foreign.vaes import ForeignVae
from seqsetvae.collapse.verdict import Condition, Verdict
from seqsetvae.model.gaussian import GaussianPosterior
from seqsetvae.stream.records import Level

ALIVE = TrueState(
    step=0, loss=20.0, data_loss=15.0, cost=5.0, cost_share=0.3, probe=0.4, information=4.0
)  # fmt: skip
DEAD = TrueState(step=0, loss=25.0, data_loss=25.0, cost=0.0, cost_share=0.0, probe=0.0, information=0.0)
PLANS = list(foreign_plans())


def at_steps(*states: TrueState) -> list[TrueState]:
    return [dataclasses.replace(state, step=20 * i) for i, state in enumerate(states, start=1)]


class TestPlans:
    def test_there_are_architectures_and_seeds_enough(self) -> None:
        assert len({plan.architecture for plan in PLANS}) >= 12
        assert set(Counter((plan.architecture, plan.scenario) for plan in PLANS).values()) == {5}
        assert len({plan.name for plan in PLANS}) == len(PLANS)

    def test_halves_differ_by_architecture_and_by_seed(self) -> None:
        calibration = [plan for plan in PLANS if plan.half == "calibration"]
        assert not {plan.architecture for plan in calibration} & TEST_ARCHITECTURES
        assert {plan.seed for plan in calibration} == {0, 1, 2}
        assert {plan.seed for plan in PLANS if plan.half == "test"} == {0, 1, 2, 3, 4}

    @pytest.mark.parametrize("plan", [p for p in PLANS if p.seed == 0], ids=lambda plan: plan.name)
    def test_every_model_answers_for_its_data(self, plan: ForeignPlan) -> None:
        examples = DATA[plan.data]().at(slice(0, 5))
        vae = plan.build()
        posteriors = vae.encode(examples.x, examples.group)
        z = [q.sample() for q in posteriors]
        assert [part.shape for part in z] == [(5, vae.time * size) for size in vae.dimensions]
        assert vae.data_loss(z, examples.x, examples.group).shape == (5,)
        assert vae.rates(posteriors, z, examples.group).shape[0] == 5

    def test_ramps(self) -> None:
        assert [Ramp(0.0, 1.0, 10, 20)(step) for step in (0, 15, 30)] == [0.0, 0.5, 1.0]
        assert Ramp(0.1, 10.0, 0, 10, geometric=True)(5) == pytest.approx(1.0)
        assert Ramp(0.0, 1.0, 0, 10, period=20)(25) == 0.5


class TestTruth:
    def test_states(self) -> None:
        weak = dataclasses.replace(ALIVE, information=0.2)
        broken = dataclasses.replace(ALIVE, loss=float("nan"))
        assert [state.state for state in (ALIVE, DEAD, weak, broken)] == ["alive", "dead", "weak", "other"]

    def test_a_death_begins_after_the_last_sign_of_life(self) -> None:
        found = course(at_steps(*[ALIVE] * 3, *[DEAD] * SUSTAINED, ALIVE, *[DEAD] * SUSTAINED))
        assert (found.fate, found.onset, found.half_lost) == ("dead", 180, 180)

    def test_a_late_riser_lives(self) -> None:
        found = course(at_steps(*[DEAD] * 10, *[ALIVE] * 3))
        assert (found.fate, found.woke, found.onset, found.half_lost) == ("alive", 220, None, None)

    def test_one_that_was_weak_for_long_woke(self) -> None:
        weak = dataclasses.replace(DEAD, information=0.15)
        found = course(at_steps(*[weak] * 10, *[DEAD] * SUSTAINED))
        assert (found.fate, found.woke, found.onset) == ("dead", 20, 220)
        assert course(at_steps(*[weak] * 9, *[DEAD] * SUSTAINED)).woke is None

    def test_one_that_never_woke_lost_nothing(self) -> None:
        found = course(at_steps(*[DEAD] * SUSTAINED))
        assert (found.fate, found.woke, found.onset, found.half_lost) == ("dead", None, 20, None)

    def test_one_that_lost_half_is_not_alive(self) -> None:
        found = course(at_steps(*[ALIVE] * 4, *[dataclasses.replace(ALIVE, information=1.0)] * 2))
        assert (found.fate, found.half_lost) == ("weak", 100)

    @pytest.mark.parametrize(("scale", "state"), [(0.0, "dead"), (1.0, "alive")])
    def test_a_model_is_judged_by_what_z_does(self, scale: float, state: str) -> None:
        _, held = halves(DATA["digits"]())
        before = torch.random.get_rng_state()
        assert len(held.x) == HELD_OUT
        assert judge(Copying(scale), held, step=1).state == state
        assert torch.equal(torch.random.get_rng_state(), before)

    def test_a_label_that_is_given_is_no_merit_of_z(self) -> None:
        _, held = halves(DATA["labelled digits"]())
        told = dataclasses.replace(held, x=held.group[:, None].expand(-1, 64) / 1.0)
        assert judge(Copying(1.0), dataclasses.replace(told, features=told.x), step=1).state == "dead"


class Copying(ForeignVae):
    """Says some pixels, and is asked for them."""

    dimensions = (8,)

    def __init__(self, scale: float) -> None:
        super().__init__()
        self.scale = scale

    def encode(self, x: Tensor, group: Tensor) -> list[GaussianPosterior]:
        return [GaussianPosterior(mean=self.scale * x[:, 20:28], log_variance=torch.full((len(x), 8), -4.0))]

    def data_loss(self, z: list[Tensor], x: Tensor, group: Tensor) -> Tensor:
        return (x[:, 20:28] - self.scale * z[0]).square().sum(1)


def verdicts(*levels: Level, interval: int) -> list[Verdict]:
    return [
        Verdict(step=interval * i, level=level, condition=Condition.HEALTHY, reasons=(), advice=(), since=0, checks=1,
                changed=False)
        for i, level in enumerate(levels, start=1)
    ]  # fmt: skip


def test_levels_are_the_same_within_one_interval_of_the_rarer_series() -> None:
    green, red = Level.GREEN, Level.RED
    fine = verdicts(*[green] * 10, *[red] * 10, interval=10)
    assert same_levels(fine, verdicts(green, green, green, red, interval=50))
    assert not same_levels(fine, verdicts(green, green, green, green, interval=50))
    assert not same_levels(verdicts(red, red, green, interval=50), fine)


def check(step: int, kl: float) -> dict[str, object]:
    return {
        "interval": 10, "step": step, "posterior/kl": kl, "posterior/kl_per_dim": [kl / 8] * 8,
        "posterior/variance": 1.0 - min(0.9, kl), "posterior/active_units": float(kl > 1), "posterior/sets": 640.0,
        "posterior/mutual_information": kl, "posterior/sample_sets": 64.0, "posterior/beta": 1.0,
        "posterior/z_ablation": 0.2 * kl, "posterior/kl_standard": 5.0, "posterior/marginal_kl": 0.0,
    }  # fmt: skip


def run_of(kl: Sequence[float], *states: TrueState) -> ForeignRun:
    checks = [check(10 * i, value) for i, value in enumerate(kl, start=1)]
    return ForeignRun(
        name="a", architecture="mlp", scenario="b", half="test", gradual=True, free_bits=0.0, checks={10: checks},
        course=course(at_steps(*states)),
    )  # fmt: skip


class TestScore:
    def test_a_dead_run_is_caught(self) -> None:
        run = run_of([3.0] * 10 + [3.0 - 0.29 * i for i in range(10)] + [0.001] * 20, *[ALIVE] * 10, *[DEAD] * 10)
        outcome = foreign_outcome(run, "posterior", "all", 10)
        assert (outcome.highest, outcome.same, outcome.announced) == (Level.RED, True, True)
        assert outcome.orange_delay is not None
        assert -5 <= outcome.orange_delay <= 5
        summary = summarize_foreign([outcome])
        assert (summary.dead, summary.caught, summary.gradual, summary.announced) == (1, 1, 1, 1)

    def test_a_living_run_is_left_alone(self) -> None:
        summary = summarize_foreign([foreign_outcome(run_of([3.0] * 20, *[ALIVE] * 10), "posterior", "all", 10)])
        assert (summary.alive, summary.false_orange, summary.false_red, summary.gradual) == (1, 0, 0, 0)

    def test_without_the_prior_kl_is_that_to_the_standard_one(self) -> None:
        found = metrics_of(check(10, 1.0), "documented")
        assert (found["posterior/kl"], found["posterior/marginal_kl"]) == (5.0, 4.0)
        assert not {"posterior/z_ablation", "posterior/beta", "posterior/kl_standard"} & set(found)
        assert metrics_of(check(10, 1.0), "all")["posterior/kl"] == 1.0

    def test_logs_of_the_original_have_four_numbers(self) -> None:
        found = metrics_of(check(10, 1.0), "scalars")
        assert found == pytest.approx({"posterior/kl": 5.0, "posterior/variance": 0.1})


@pytest.mark.usefixtures("one_thread")
def test_a_plan_becomes_a_stream_that_is_scored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = next(plan for plan in PLANS if plan.name == "ladder-beta1-s0")
    run_plan(dataclasses.replace(plan, steps=200, batch=8), tmp_path)
    (run,) = read_foreign_runs(tmp_path)
    assert {interval: len(checks) for interval, checks in run.checks.items()} == {n: 200 // n for n in INTERVALS}
    assert run.checks[200][0].keys() >= {"posterior/kl_standard", "posterior/level2/kl", "val/loss"}
    assert command.run(["--streams", str(tmp_path), "--list", "--half", "all"]) == 0
    assert "--detector original, inputs: documented" in capsys.readouterr().out


def test_kept_streams_can_be_read() -> None:
    runs = read_foreign_runs(command.STREAMS)
    assert {run.name for run in runs} <= {plan.name for plan in PLANS}
    assert Counter((run.architecture, run.name[-1]) for run in runs).keys() == {
        (plan.architecture, str(plan.seed)) for plan in PLANS
    }
    assert {run.course.fate for run in runs} >= {"alive", "dead", "weak"}
