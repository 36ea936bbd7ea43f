"""What a check is called, and why."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from seqsetvae.collapse.diagnosis import Diagnosis, EarlierChecks, diagnose
from seqsetvae.collapse.evidence import weigh
from seqsetvae.collapse.observation import LevelObservation, Observation
from seqsetvae.collapse.thresholds import Thresholds
from seqsetvae.collapse.verdict import Condition
from seqsetvae.stream.records import Level
from tests.collapse.courses import DIMENSIONS, alive, dead


def diagnosis(
    seen: Observation,
    thresholds: Thresholds | None = None,
    *,
    checks: int = 100,
    awake: bool = True,
    recon: Sequence[float] = (1.7,) * 50,
    information: Sequence[float] = (),
) -> Diagnosis:
    past = EarlierChecks(checks=checks, awake=awake, recon=tuple(recon), information=tuple(information))
    thresholds = thresholds or Thresholds()
    return diagnose(seen, weigh(seen, thresholds), thresholds, past)


@pytest.mark.parametrize(
    ("seen", "condition"),
    [
        (alive(), Condition.HEALTHY),
        (dead(), Condition.COLLAPSE),
        (alive(active_units=0.06, collapsed_fraction=0.94), Condition.PARTIAL_COLLAPSE),
        (alive(z_ablation=0.001), Condition.DECODER_IGNORES_Z),
        (alive(variance=0.02, kl=60.0), Condition.OVER_CONFIDENT),
        (alive(kl=400.0), Condition.KL_EXPLOSION),
        (dead(beta=0.004), Condition.WARMING_UP),
    ],
)
def test_conditions_have_names(seen: Observation, condition: Condition) -> None:
    assert diagnosis(seen).condition is condition


def test_few_checks_are_no_evidence() -> None:
    found = diagnosis(dead(), checks=4)
    assert found.condition is Condition.NOT_ENOUGH_EVIDENCE
    assert found.signal.cap is Level.GREEN
    assert diagnosis(dead(), checks=5).signal.cap is Level.RED


def test_warm_up_caps_at_yellow_until_beta_is_at_half() -> None:
    assert diagnosis(dead(beta=0.0049)).signal.cap is Level.YELLOW
    assert diagnosis(dead(beta=0.005)).signal.cap is Level.RED


def test_a_posterior_that_never_woke_up_is_given_time() -> None:
    """It may start at the prior and wake up late."""
    assert diagnosis(dead(), checks=19, awake=False).signal.cap is Level.YELLOW
    assert diagnosis(dead(), checks=20, awake=False).signal.cap is Level.RED


def test_a_posterior_on_its_way_back_is_not_collapsing() -> None:
    back = diagnosis(dead(), information=(0.01, 0.02, 0.02, 0.04))
    assert (back.signal.yellow, back.signal.orange, back.signal.red) == (True, False, False)
    assert diagnosis(dead(), information=(0.04, 0.05, 0.03, 0.05)).signal.red


def test_a_decoder_that_learns_while_kl_vanishes_ignores_z() -> None:
    falling = [2.0 - 0.01 * i for i in range(50)]
    seen = dead(z_ablation=0.001)
    assert diagnosis(seen, recon=falling).condition is Condition.DECODER_IGNORES_Z
    assert diagnosis(seen).condition is Condition.COLLAPSE


def test_a_beta_that_explains_the_collapse_is_not_the_decoders_fault() -> None:
    falling = [2.0 - 0.01 * i for i in range(50)]
    costly = dead(z_ablation=0.001, beta=1.0, max_beta=1.0)
    assert diagnosis(costly, recon=falling).condition is Condition.COLLAPSE


def test_low_kl_and_low_information_are_one_finding() -> None:
    """z never says more of its set than its KL: the two cannot contradict each other, and do not confirm each other."""
    weak = alive(kl=0.3, variance=0.98, mutual_information=0.2)
    assert diagnosis(weak).signal.yellow
    assert not diagnosis(weak).signal.orange
    assert diagnosis(alive(kl=0.3, variance=0.98, mutual_information=0.2, active_units=0.05)).signal.orange
    assert diagnosis(alive(kl=0.3, variance=0.98, mutual_information=0.2, z_ablation=0.002)).signal.orange


def test_red_asks_for_all_lines() -> None:
    assert diagnosis(dead()).signal.red
    assert not diagnosis(dead(kl=3.0)).signal.red
    assert not diagnosis(dead(mutual_information=2.0)).signal.red
    assert not diagnosis(dead(active_units=0.5, collapsed_fraction=0.2)).signal.red


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


def test_an_explosion_is_orange_at_most() -> None:
    signal = diagnosis(alive(kl=1e4)).signal
    assert (signal.orange, signal.red) == (True, False)


def test_over_confidence_is_yellow_at_most() -> None:
    signal = diagnosis(alive(variance=0.01, kl=60.0)).signal
    assert (signal.yellow, signal.orange) == (True, False)
