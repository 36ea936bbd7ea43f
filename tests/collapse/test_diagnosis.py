"""What a check is called, and why."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import pytest

from seqsetvae.collapse.diagnosis import EARLY_STEPS, Diagnosis, diagnose
from seqsetvae.collapse.evidence import weigh
from seqsetvae.collapse.observation import LevelObservation, Observation
from seqsetvae.collapse.posterior_course import WAKING_STEPS, PosteriorCourse
from seqsetvae.collapse.thresholds import Thresholds
from seqsetvae.collapse.verdict import Condition
from seqsetvae.stream.records import Level
from tests.collapse.courses import DIMENSIONS, alive, dead


def diagnosis(seen: Observation, thresholds: Thresholds | None = None, **past: Any) -> Diagnosis:
    """Return the diagnosis of a check late in a run that was alive, or in one with another past."""
    known: dict[str, Any] = {
        "checks": 100, "start": 0, "step": 20_000, "span": 200, "awake": True, "information": 2.4, "kl": 5.0,
        "best_information": 2.4, "best_kl": 5.0, "low_kl": 5.0, "recon": 1.7, "best_recon": 1.7,
        "recon_window": (1.7,) * 50,
    }  # fmt: skip
    thresholds = thresholds or Thresholds()
    return diagnose(seen, weigh(seen, thresholds), thresholds, PosteriorCourse(**{**known, **past}))


@pytest.mark.parametrize(
    ("seen", "condition"),
    [
        (alive(), Condition.HEALTHY),
        (dead(), Condition.COLLAPSE),
        (alive(active_units=0.06, collapsed_fraction=0.94), Condition.PARTIAL_COLLAPSE),
        (alive(z_ablation=0.001), Condition.DECODER_IGNORES_Z),
        (alive(kl=400.0), Condition.KL_EXPLOSION),
        (dead(beta=0.004), Condition.WARMING_UP),
    ],
)
def test_conditions_have_names(seen: Observation, condition: Condition) -> None:
    assert diagnosis(seen).condition is condition


def test_few_checks_are_no_evidence_unless_they_cover_many_steps() -> None:
    early = diagnosis(dead(), checks=4, step=5 * EARLY_STEPS - 1)
    assert early.condition is Condition.NOT_ENOUGH_EVIDENCE
    assert early.signal.cap is Level.GREEN
    assert diagnosis(dead(), checks=5, step=5 * EARLY_STEPS - 1).signal.cap is Level.RED
    assert diagnosis(dead(), checks=1, step=5 * EARLY_STEPS).signal.cap is Level.RED


def test_warm_up_caps_at_yellow_until_beta_is_at_half() -> None:
    assert diagnosis(dead(beta=0.0049)).signal.cap is Level.YELLOW
    assert diagnosis(dead(beta=0.005)).signal.cap is Level.RED


class TestWaking:
    """A posterior may start at the prior and wake up late."""

    def test_it_is_given_time(self) -> None:
        waiting = diagnosis(dead(), step=WAKING_STEPS - 1, awake=False)
        assert waiting.condition is Condition.NOT_AWAKE
        assert waiting.signal.cap is Level.GREEN
        assert diagnosis(dead(), step=WAKING_STEPS, awake=False).signal.cap is Level.RED

    def test_progress_buys_more(self) -> None:
        assert diagnosis(dead(), step=1000, awake=False, progress=800).signal.cap is Level.GREEN
        assert diagnosis(dead(), step=1000, awake=False, progress=700).signal.cap is Level.RED


def test_a_posterior_on_its_way_back_is_not_collapsing() -> None:
    rising: dict[str, Any] = {"recent": ((19_990, 0.04), (20_000, 0.05)), "lately": ((19_910, 0.01), (20_000, 0.045))}
    back = diagnosis(dead(), **rising)
    assert (back.signal.yellow, back.signal.orange, back.signal.red) == (True, False, False)
    assert diagnosis(dead(), **{**rising, "lately": ((19_910, 0.03), (20_000, 0.045))}).signal.red


class TestFading:
    def test_falling_information_well_below_its_best_is_told_early(self) -> None:
        found = diagnosis(alive(), information=1.9, kl=3.0, recent=((20_000, 1.8),))
        assert found.condition is Condition.FADING
        assert found.reasons == ("mutual information is 79 % of its best, 2.4 nats at step 0",)
        assert (found.signal.yellow, found.signal.orange) == (True, False)

    @pytest.mark.parametrize("past", [{"kl": 4.0}, {"information": 2.3}, {"recent": ((20_000, 2.1),)}])
    def test_where_it_holds_or_its_kl_does_it_is_well(self, past: dict[str, Any]) -> None:
        course = {"information": 1.9, "kl": 3.0, "recent": ((20_000, 1.8),), **past}
        assert diagnosis(alive(), **course).condition is Condition.HEALTHY

    def test_a_warm_up_of_beta_takes_information_away(self) -> None:
        course: dict[str, Any] = {"information": 1.9, "kl": 3.0, "recent": ((20_000, 1.8),)}
        assert diagnosis(alive(beta=0.004), **course).condition is Condition.WARMING_UP


def test_a_reconstruction_loss_that_rises_far_is_named() -> None:
    found = diagnosis(alive(recon=14.6), recon=14.6, best_recon=2.0)
    assert found.condition is Condition.RISING_RECONSTRUCTION
    assert found.reasons == ("reconstruction loss 14.6, 2 at its best",)
    assert (found.signal.yellow, found.signal.orange) == (True, False)


def test_a_decoder_that_learns_while_kl_vanishes_ignores_z() -> None:
    falling = [2.0 - 0.01 * i for i in range(50)]
    seen = dead(z_ablation=0.001)
    assert diagnosis(seen, recon_window=tuple(falling)).condition is Condition.DECODER_IGNORES_Z
    assert diagnosis(seen).condition is Condition.COLLAPSE


def test_a_beta_that_explains_the_collapse_is_not_the_decoders_fault() -> None:
    falling = [2.0 - 0.01 * i for i in range(50)]
    costly = dead(z_ablation=0.001, beta=1.0, max_beta=1.0)
    assert diagnosis(costly, recon_window=tuple(falling)).condition is Condition.COLLAPSE


def test_low_kl_and_low_information_are_one_finding() -> None:
    """z never says more of its set than its KL: the two cannot contradict each other, and do not confirm each other."""
    weak = alive(kl=0.3, variance=0.98, mutual_information=0.2)
    assert diagnosis(weak).signal.yellow
    assert not diagnosis(weak).signal.orange
    assert diagnosis(alive(kl=0.3, variance=0.98, mutual_information=0.2, active_units=0.05)).signal.orange
    assert diagnosis(alive(kl=0.3, variance=0.98, mutual_information=0.2, z_ablation=0.002)).signal.orange


def test_red_asks_for_all_lines() -> None:
    assert diagnosis(dead()).signal.red
    little = dead(kl=0.3, mutual_information=0.1)
    assert diagnosis(little).signal.red
    assert not diagnosis(replace(little, kl=3.0)).signal.red
    assert not diagnosis(replace(little, mutual_information=1.9)).signal.red
    told_apart = replace(little, active_units=0.5, collapsed_fraction=0.2, kl_per_dim=(0.01,) * DIMENSIONS)
    assert not diagnosis(told_apart).signal.red


def test_no_information_is_red_by_itself() -> None:
    assert diagnosis(alive(mutual_information=0.02)).signal.red
    assert diagnosis(alive(kl=0.03)).signal.red


class TestFreeBits:
    FLOOR = Thresholds(free_bits=0.1)

    def held(self, **changes: object) -> Observation:
        return alive(kl=3.2, kl_per_dim=(0.1,) * DIMENSIONS, **changes)

    def test_a_floor_that_carries_information_is_green_and_named(self) -> None:
        found = diagnosis(self.held(), self.FLOOR)
        assert found.condition is Condition.HELD_BY_FREE_BITS
        assert found.reasons == ("100 % of dimensions are held by free bits of 0.1 nats",)
        assert not found.signal.yellow

    def test_a_floor_that_carries_none_is_a_collapse_that_kl_cannot_show(self) -> None:
        found = diagnosis(self.held(active_units=0.0, mutual_information=0.01), self.FLOOR)
        assert found.condition is Condition.HELD_BY_FREE_BITS
        assert found.signal.red

    def test_half_of_the_dimensions_must_stand_there(self) -> None:
        some = alive(kl_per_dim=(0.1,) * 16 + (0.5,) * 16)
        assert diagnosis(some, self.FLOOR).condition is Condition.HEALTHY

    def test_without_free_bits_nothing_is_held(self) -> None:
        assert diagnosis(self.held()).condition is Condition.HEALTHY


class TestLevels:
    def test_one_silent_level_is_a_partial_collapse(self) -> None:
        levels = (LevelObservation(kl=5.0, active_units=1.0), LevelObservation(kl=0.01, active_units=0.0))
        found = diagnosis(alive(levels=levels))
        assert found.condition is Condition.PARTIAL_COLLAPSE
        assert found.reasons == ("latent level 2 of 2 carries nothing",)
        assert (found.signal.yellow, found.signal.orange) == (True, False)

    def test_levels_that_all_speak_are_well(self) -> None:
        levels = (LevelObservation(kl=4.0, active_units=1.0), LevelObservation(kl=1.0, active_units=0.9))
        assert diagnosis(alive(levels=levels)).condition is Condition.HEALTHY


def test_an_explosion_is_orange_at_most_and_needs_growth() -> None:
    signal = diagnosis(alive(kl=1e4)).signal
    assert (signal.orange, signal.red) == (True, False)
    assert diagnosis(alive(kl=1e4), low_kl=6e3).condition is Condition.HEALTHY


def test_over_confidence_needs_harm_and_is_yellow_at_most() -> None:
    """A small β makes σ² small, as it should."""
    sure = alive(variance=0.01, kl=60.0)
    assert diagnosis(sure).condition is Condition.HEALTHY
    harmed = diagnosis(sure, recon=3.0)
    assert any("variance 0.01" in reason for reason in harmed.reasons)
    assert (harmed.signal.yellow, harmed.signal.orange) == (True, False)


class TestCause:
    """What fell, from what to what, and what β did meanwhile."""

    PAST: ClassVar[dict[str, Any]] = {"best_step": 200, "best_beta": 0.01, "recent": ((20_000, 0.012),)}

    def test_information_that_fell_is_told_with_its_best_and_beta(self) -> None:
        found = diagnosis(dead(beta=3.0, max_beta=3.0), **self.PAST)
        assert found.reasons[1] == (
            "mutual information fell from 2.4 nats at step 200 to 0.012, while β went from 0.01 to 3"
        )

    def test_a_beta_that_stayed_is_not_named(self) -> None:
        found = diagnosis(dead(beta=0.01), **self.PAST)
        assert "mutual information fell from 2.4 nats at step 200 to 0.012" in found.reasons

    def test_what_never_was_high_did_not_fall(self) -> None:
        found = diagnosis(dead(), **{**self.PAST, "best_information": 0.05})
        assert "mutual information 0.002 < 0.297 nats" in found.reasons


class TestScalars:
    """A log of KL and variance alone, as other trainers write it."""

    def test_the_prior_is_orange_and_says_what_is_missing(self) -> None:
        found = diagnosis(Observation(step=1, kl=0.01, variance=0.999, recon=1.0))
        assert found.condition is Condition.COLLAPSE
        assert (found.signal.orange, found.signal.red) == (True, False)
        assert found.reasons == (
            "KL 0.01 nats with variance 0.999 is the prior; not measured: log posterior/mutual_information and "
            "posterior/active_units",
        )

    def test_of_the_rest_nothing_can_be_said(self) -> None:
        found = diagnosis(Observation(step=1, kl=4.0, variance=0.4))
        assert found.condition is Condition.NOT_ENOUGH_EVIDENCE
        assert found.reasons == (
            "too little is logged: log posterior/mutual_information and posterior/active_units to have it judged",
        )
