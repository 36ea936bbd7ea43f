"""Weights that change with the step, point by point."""

from __future__ import annotations

import re

import pytest

from seqsetvae.training.schedules import Annealing, BetaSchedule, CheckSchedule, LearningRateSchedule, RampSchedule


class TestBeta:
    def test_linear_rises_from_zero_and_stays(self) -> None:
        beta = BetaSchedule(max_beta=0.1, warmup_steps=100)
        assert [beta(step) for step in (0, 50, 100, 10_000)] == pytest.approx([0.0, 0.05, 0.1, 0.1])

    def test_cyclical_rises_over_the_first_half_of_each_period(self) -> None:
        beta = BetaSchedule(max_beta=1.0, warmup_steps=10, annealing="cyclical")
        assert [beta(step) for step in (0, 5, 10, 19)] == [0.0, 0.5, 1.0, 1.0]
        assert [beta(step + 20) for step in range(20)] == [beta(step) for step in range(20)]

    @pytest.mark.parametrize(("annealing", "warmup"), [("constant", 100), ("linear", 0), ("cyclical", 0)])
    def test_without_a_warm_up_it_is_at_its_maximum_from_the_start(self, annealing: Annealing, warmup: int) -> None:
        beta = BetaSchedule(max_beta=0.3, warmup_steps=warmup, annealing=annealing)
        assert {beta(step) for step in (0, 1, 99)} == {0.3}

    @pytest.mark.parametrize("value", [-0.1, float("nan"), float("inf")])
    def test_it_is_a_finite_number_of_at_least_zero(self, value: float) -> None:
        with pytest.raises(ValueError, match=f"--max_beta must be at least 0, got {value}"):
            BetaSchedule(max_beta=value, warmup_steps=1)

    def test_a_negative_warm_up_is_refused(self) -> None:
        with pytest.raises(ValueError, match="--beta_warmup_steps must be at least 0, got -1"):
            BetaSchedule(max_beta=0.1, warmup_steps=-1)


class TestChecks:
    def test_they_come_every_so_many_steps(self) -> None:
        schedule = CheckSchedule.parse("3")
        assert [step for step in range(1, 10) if schedule.due(step)] == [3, 6, 9]
        assert schedule.interval(12_345) == 3

    def test_adaptive_checks_grow_denser(self) -> None:
        schedule = CheckSchedule.parse("adaptive")
        due = [step for step in range(1, 5100) if schedule.due(step)]
        early, middle = [step for step in due if step < 1000], [step for step in due if 1000 <= step < 5000]
        assert early == list(range(100, 1000, 100))
        assert middle == list(range(1000, 5000, 50))
        assert due[len(early) + len(middle) :] == [5000, 5020, 5040, 5060, 5080]

    @pytest.mark.parametrize("text", ["0", "-3", "often", "2.5", ""])
    def test_what_is_no_number_of_steps_is_refused(self, text: str) -> None:
        with pytest.raises(ValueError, match=f"--update_frequency must be at least 1, or adaptive, got {text}"):
            CheckSchedule.parse(text)


class TestLearningRate:
    def test_the_warm_up_ends_at_one_and_no_step_is_at_zero(self) -> None:
        schedule = LearningRateSchedule(warmup_steps=4)
        assert [schedule.factor(step) for step in range(6)] == [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]

    def test_cosine_falls_to_its_floor_at_the_end_and_stays(self) -> None:
        schedule = LearningRateSchedule(warmup_steps=10, decay="cosine", total_steps=110, floor=0.1)
        assert [schedule.factor(step) for step in (10, 60, 110, 500)] == pytest.approx([1.0, 0.55, 0.1, 0.1])

    def test_a_warm_up_longer_than_the_run_does_not_divide_by_zero(self) -> None:
        schedule = LearningRateSchedule(warmup_steps=10, decay="cosine", total_steps=10)
        assert schedule.factor(10) == 1.0

    def test_a_cosine_needs_an_end(self) -> None:
        with pytest.raises(ValueError, match=re.escape("--lr_decay cosine needs an end to decay to: set --max_steps")):
            LearningRateSchedule(warmup_steps=0, decay="cosine")

    def test_a_negative_warm_up_is_refused(self) -> None:
        with pytest.raises(ValueError, match="--lr_warmup_steps must be at least 0, got -5"):
            LearningRateSchedule(warmup_steps=-5)


def test_a_ramp_is_linear_and_ends_at_its_final_weight() -> None:
    ramp = RampSchedule(final=2.0, ramp_steps=4)
    assert [ramp(step) for step in (0, 1, 4, 100)] == [0.0, 0.5, 2.0, 2.0]


def test_a_ramp_of_no_steps_is_final_at_once() -> None:
    assert RampSchedule(final=2.0)(0) == 2.0
